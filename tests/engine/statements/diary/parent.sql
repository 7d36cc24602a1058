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
AND persons_1.id = students_1.person_id), false))) SELECT coalesce((SELECT '{"days":[' || coalesce((SELECT string_agg('{"date":"' || g.k || '","lessons":[' || coalesce(g.a1, '') || ']}', ','
ORDER BY g.k)
FROM (SELECT *
FROM (SELECT diary_lessons.date AS k, string_agg('{"startsAt":"' || diary_lessons.starts_at || '","subject":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t2.name)::text || '}' END || ',"teacher":' || CASE WHEN t3.id IS NULL
THEN 'null'
ELSE '{"shortName":' || to_json(t4.short_name)::text || '}' END || ',"room":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"number":' || to_json(t5.number)::text || '}' END || ',"topic":' || coalesce(to_json(diary_lessons.topic)::text, 'null') || ',"homework":' || coalesce((SELECT '{"text":' || to_json(t6.text)::text || '}'
FROM homework AS t6
WHERE t6.school_id = $1::BIGINT
AND t6.lesson_id = diary_lessons.id), 'null') || ',"marks":[' || coalesce((SELECT string_agg('{"value":' || coalesce((t7.value)::text, 'null') || ',"kind":"' || t7.kind || '","assignment":' || CASE WHEN t8.id IS NULL
THEN 'null'
ELSE '{"title":' || to_json(t8.title)::text || ',"weight":"' || t8.weight || '"}' END || '}', ','
ORDER BY t7.id)
FROM marks AS t7 INNER
JOIN assignments AS t8 ON t8.school_id = $1::BIGINT
AND t8.id = t7.assignment_id
WHERE t7.school_id = $1::BIGINT
AND t7.student_id = diary_lessons.student_id
AND (t7.school_id = $1::BIGINT
AND t7.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND t7.published_at <= $4::TIMESTAMP WITH TIME ZONE
AND t7.withdrawn_at IS NULL)
AND t7.lesson_id = diary_lessons.id), '') || '],"attendance":' || coalesce((SELECT '{"code":"' || t9.code || '"}'
FROM attendance_records AS t9
WHERE t9.school_id = $1::BIGINT
AND t9.student_id = diary_lessons.student_id
AND (t9.school_id = $1::BIGINT
AND t9.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND t9.lesson_id = diary_lessons.id), 'null') || '}', ','
ORDER BY diary_lessons.date, diary_lessons.starts_at, diary_lessons.id) AS a1
FROM (SELECT lessons.school_id AS school_id, lessons.id AS id, lessons.version AS version, lessons.section_id AS section_id, lessons.staff_id AS staff_id, lessons.room_id AS room_id, lessons.date AS date, lessons.starts_at AS starts_at, lessons.ends_at AS ends_at, lessons.ordinal AS ordinal, lessons.status AS status, lessons.topic AS topic, lessons.moved_from AS moved_from, section_memberships.student_id AS student_id
FROM lessons
JOIN section_memberships ON section_memberships.school_id = lessons.school_id
AND section_memberships.section_id = lessons.section_id
AND section_memberships.valid_from <= lessons.date
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > lessons.date)) AS diary_lessons INNER
JOIN sections AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = diary_lessons.section_id INNER
JOIN subjects AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = t1.subject_id INNER
JOIN staff AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = diary_lessons.staff_id INNER
JOIN persons AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.person_id
LEFT
JOIN rooms AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = diary_lessons.room_id
WHERE (diary_lessons.school_id = $1::BIGINT
AND diary_lessons.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND (diary_lessons.student_id = $5::BIGINT)
AND (diary_lessons.date BETWEEN $6::DATE
AND $7::DATE)
GROUP BY 1) a) g), '') || ']}'
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.id = $5::BIGINT)), 'null')
