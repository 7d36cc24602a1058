-- compiled
WITH k1(k) AS (SELECT schools.substitute_days
FROM schools
WHERE schools.school_id = $1::BIGINT),
k2(k) AS (SELECT schools.time_zone
FROM schools
WHERE schools.school_id = $1::BIGINT),
k3(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)
UNION ALL SELECT lessons.section_id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.staff_id = $2::BIGINT
AND lessons.date >= $3::DATE - CAST((SELECT k
FROM k1) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND lessons.date <= $3::DATE
AND timezone((SELECT k
FROM k2), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k4(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)),
k5(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k6(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.valid_to <= $3::DATE
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.student_id = section_memberships.student_id
AND section_memberships_1.subject_id = section_memberships.subject_id
AND section_memberships_1.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_1.valid_from <= $3::DATE
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > $3::DATE)))), t1 AS MATERIALIZED (SELECT lessons.*, row_number() OVER (ORDER BY lessons.date ASC, lessons.starts_at ASC, lessons.id ASC) AS rn
FROM lessons AS lessons
WHERE (lessons.school_id = $1::BIGINT
AND (lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR lessons.staff_id = $2::BIGINT
AND lessons.date >= $3::DATE - CAST((SELECT k
FROM k1) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))))
AND (true::BOOLEAN
AND lessons.date = $5::DATE)
ORDER BY lessons.date ASC, lessons.starts_at ASC, lessons.id ASC
LIMIT 21), t6 AS MATERIALIZED (SELECT t5.lesson_id AS k, string_agg('{"title":' || to_json(t5.title)::text || '}', ','
ORDER BY t5.id, t5.id) AS c
FROM assignments AS t5
WHERE t5.school_id = $1::BIGINT
AND t5.lesson_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1), t10 AS MATERIALIZED (SELECT t7.lesson_id AS k, string_agg('{"code":"' || t7.code || '","student":' || CASE WHEN t8.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t9.full_name)::text || '}' END || '}', ','
ORDER BY t7.student_id, t7.id) AS c
FROM attendance_records AS t7
LEFT
JOIN students AS t8 ON t8.school_id = $1::BIGINT
AND t8.id = t7.student_id
AND (t8.school_id = $1::BIGINT
AND t8.id = ANY(ARRAY(SELECT k
FROM k4)))
LEFT
JOIN persons AS t9 ON t9.school_id = $1::BIGINT
AND t9.id = t8.person_id
WHERE t7.school_id = $1::BIGINT
AND (t7.school_id = $1::BIGINT
AND (t7.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR t7.section_id = ANY(ARRAY(SELECT k
FROM k6))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
JOIN section_memberships AS section_memberships_2 ON section_memberships_2.student_id = section_memberships_1.student_id
AND section_memberships_2.subject_id = section_memberships_1.subject_id
JOIN sections AS sections_1 ON sections_1.id = section_memberships_2.section_id
JOIN sections AS sections_2 ON sections_2.id = section_memberships_1.section_id
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = t7.student_id
AND section_memberships_1.section_id = t7.section_id))))
AND t7.lesson_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"startsAt":"' || lessons.starts_at || '","topic":' || coalesce(to_json(lessons.topic)::text, 'null') || ',"homework":' || coalesce((SELECT '{"text":' || to_json(t2.text)::text || ',"attachments":[' || coalesce((SELECT string_agg('{"fileName":' || to_json(t4.name)::text || '}', ','
ORDER BY t3.position, t3.id)
FROM homework_attachments AS t3 INNER
JOIN files AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.file_id
WHERE t3.school_id = $1::BIGINT
AND t3.homework_id = t2.id), '') || ']}'
FROM homework AS t2
WHERE t2.school_id = $1::BIGINT
AND t2.lesson_id = lessons.id), 'null') || ',"assignments":[' || coalesce(t6.c, '') || '],"attendance":[' || coalesce(t10.c, '') || ']}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 20) AS c0, count(*) AS n
FROM t1 AS lessons
LEFT
JOIN t6 ON t6.k = lessons.id
LEFT
JOIN t10 ON t10.k = lessons.id) p)
