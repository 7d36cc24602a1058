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
k4(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k5(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.valid_to <= $3::DATE
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.student_id = section_memberships.student_id
AND section_memberships_1.subject_id = section_memberships.subject_id
AND section_memberships_1.section_id = ANY(ARRAY(SELECT k
FROM k4))
AND section_memberships_1.valid_from <= $3::DATE
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > $3::DATE)))),
k6(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)) SELECT coalesce((SELECT '{"days":[' || coalesce((SELECT string_agg('{"date":"' || g.k || '","lessons":[' || coalesce(g.a1, '') || ']}', ','
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
AND (t7.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR t7.section_id = ANY(ARRAY(SELECT k
FROM k5))
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
FROM k4))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = t7.student_id
AND section_memberships_1.section_id = t7.section_id)))
AND t7.withdrawn_at IS NULL)
AND t7.lesson_id = diary_lessons.id), '') || '],"attendance":' || coalesce((SELECT '{"code":"' || t9.code || '"}'
FROM attendance_records AS t9
WHERE t9.school_id = $1::BIGINT
AND t9.student_id = diary_lessons.student_id
AND (t9.school_id = $1::BIGINT
AND (t9.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR t9.section_id = ANY(ARRAY(SELECT k
FROM k5))
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
FROM k4))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = t9.student_id
AND section_memberships_1.section_id = t9.section_id))))
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
AND diary_lessons.section_id = ANY(ARRAY(SELECT k
FROM k3)))
AND (diary_lessons.student_id = $5::BIGINT)
AND (diary_lessons.date BETWEEN $6::DATE
AND $7::DATE)
GROUP BY 1) a) g), '') || ']}'
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k6)))
AND (students.id = $5::BIGINT)), 'null')
