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
k2(k) AS (SELECT class_memberships.school_class_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)) SELECT (SELECT '{"totalCount":' || (SELECT count(*)
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.status = 'ENROLLED')) || ',"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"fullName":' || to_json(t3.full_name)::text || ',"schoolClass":' || coalesce((SELECT '{"name":' || to_json((CAST(t5.grade_level AS TEXT) || t5.letter))::text || '}'
FROM class_memberships AS t4
JOIN school_classes AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.school_class_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $3::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $3::DATE))
AND (t5.school_id = $1::BIGINT
AND t5.id = ANY(ARRAY(SELECT k
FROM k2)))
AND t4.student_id = students.id
ORDER BY t4.id
LIMIT 1), 'null') || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 10) AS c0, count(*) AS n
FROM (SELECT students.*, row_number() OVER (ORDER BY t2.sort_key ASC, students.id ASC) AS rn
FROM students AS students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.status = 'ENROLLED')
ORDER BY t2.sort_key ASC, students.id ASC
LIMIT 11) AS students INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = students.person_id) p)
