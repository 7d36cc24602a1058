-- compiled
WITH k1(k) AS (SELECT guardian_links.student_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.guardian_id = $2::BIGINT
AND guardian_links.may_receive_info IS true
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)
AND guardian_links.legal_status != 'TERMINATED'
AND (guardian_links.consent_from <= $3::DATE
AND (guardian_links.consent_to IS NULL
OR guardian_links.consent_to > $3::DATE)
OR NOT coalesce((SELECT persons_1.adult_on <= $3::DATE AS of_age
FROM persons AS persons_1, students AS students_1
WHERE students_1.school_id = $1::BIGINT
AND students_1.id = guardian_links.student_id
AND persons_1.school_id = $1::BIGINT
AND persons_1.id = students_1.person_id), false))),
k2(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.student_id = ANY(ARRAY(SELECT k
FROM k1))) SELECT '[' || coalesce((SELECT '{"id":"Mark:' || $4::TEXT || '-' || marks.id || '","value":' || coalesce((marks.value)::text, 'null') || ',"assignment":' || CASE WHEN t1.id IS NULL
THEN 'null'
ELSE '{"title":' || to_json(t1.title)::text || '}' END || '}'
FROM marks AS marks INNER
JOIN assignments AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = marks.assignment_id
WHERE (marks.school_id = $1::BIGINT
AND marks.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND marks.published_at <= $5::TIMESTAMP WITH TIME ZONE
AND marks.withdrawn_at IS NULL)
AND (marks.id = $6::BIGINT)
ORDER BY marks.id
LIMIT 1), 'null') || ',' || coalesce((SELECT '{"id":"Lesson:' || $4::TEXT || '-' || lessons.id || '","topic":' || coalesce(to_json(lessons.topic)::text, 'null') || ',"section":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t2.name)::text || '}' END || '}'
FROM lessons AS lessons
LEFT
JOIN sections AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = lessons.section_id
AND (t2.school_id = $1::BIGINT
AND t2.id = ANY(ARRAY(SELECT k
FROM k2)))
WHERE (lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k2))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date))))
AND (lessons.id = $7::BIGINT)
ORDER BY lessons.id
LIMIT 1), 'null') || ',' || coalesce((SELECT '{"id":"Student:' || $4::TEXT || '-' || students.id || '","fullName":' || to_json(t3.full_name)::text || '}'
FROM students AS students INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.id = $8::BIGINT)
ORDER BY students.id
LIMIT 1), 'null') || ']'
