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
AND section_memberships.section_id = $5::BIGINT
AND section_memberships.valid_from <= $6::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $7::DATE)),
k7(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = $5::BIGINT),
k8(k) AS (SELECT lessons.section_id
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
AND teaching_assignments_1.valid_from <= lessons.date))), t3 AS MATERIALIZED (SELECT lessons.id
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
AND (lessons.section_id = $5::BIGINT)
AND (lessons.date BETWEEN $7::DATE
AND $6::DATE)), t5 AS MATERIALIZED (SELECT t4.lesson_id AS k, string_agg('{"id":"Assignment:' || $8::TEXT || '-' || t4.id || '","title":' || to_json(t4.title)::text || ',"weight":"' || t4.weight || '"}', ','
ORDER BY t4.id, t4.id) AS c
FROM assignments AS t4
WHERE t4.school_id = $1::BIGINT
AND t4.lesson_id = ANY(ARRAY(SELECT id
FROM t3))
GROUP BY 1) SELECT coalesce((SELECT '{"students":[' || coalesce((SELECT string_agg('{"id":"Student:' || $8::TEXT || '-' || journal_students.student_id || '","fullName":' || to_json(t2.full_name)::text || '}', ','
ORDER BY t2.sort_key, journal_students.id)
FROM (SELECT section_memberships.school_id AS school_id, section_memberships.student_id AS id, max(section_memberships.version) AS version, section_memberships.section_id AS section_id, section_memberships.student_id AS student_id, students.person_id AS person_id
FROM section_memberships
JOIN students ON students.school_id = section_memberships.school_id
AND students.id = section_memberships.student_id
GROUP BY section_memberships.school_id, section_memberships.section_id, section_memberships.student_id, students.person_id) AS journal_students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = journal_students.person_id
WHERE (journal_students.school_id = $1::BIGINT
AND (journal_students.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR journal_students.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = journal_students.student_id
AND section_memberships_1.section_id = journal_students.section_id))))
AND (journal_students.section_id = $5::BIGINT)
AND (journal_students.student_id = ANY(ARRAY(SELECT k
FROM k6))
OR (EXISTS (SELECT attendance_records.id
FROM attendance_records
WHERE attendance_records.school_id = $1::BIGINT
AND attendance_records.section_id = $5::BIGINT
AND attendance_records.student_id = journal_students.student_id
AND attendance_records.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
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
AND teaching_assignments_1.valid_from <= lessons.date)))
AND lessons.section_id = $5::BIGINT
AND lessons.date BETWEEN $7::DATE
AND $6::DATE)))
OR (EXISTS (SELECT marks.id
FROM marks
WHERE marks.school_id = $1::BIGINT
AND marks.section_id = $5::BIGINT
AND marks.student_id = journal_students.student_id
AND marks.withdrawn_at IS NULL
AND marks.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
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
AND teaching_assignments_1.valid_from <= lessons.date)))
AND lessons.section_id = $5::BIGINT
AND lessons.date BETWEEN $7::DATE
AND $6::DATE))))), '') || '],"lessons":[' || coalesce((SELECT string_agg('{"id":"Lesson:' || $8::TEXT || '-' || lessons.id || '","date":"' || lessons.date || '","topic":' || coalesce(to_json(lessons.topic)::text, 'null') || ',"assignments":[' || coalesce(t5.c, '') || ']}', ','
ORDER BY lessons.date, lessons.starts_at, lessons.id)
FROM lessons AS lessons
LEFT
JOIN t5 ON t5.k = lessons.id
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
AND (lessons.section_id = $5::BIGINT)
AND (lessons.date BETWEEN $7::DATE
AND $6::DATE)), '') || '],"cells":[' || coalesce((SELECT string_agg('{"studentId":"Student:' || $8::TEXT || '-' || k.student_id || '","lessonId":"Lesson:' || $8::TEXT || '-' || k.lesson_id || '","marks":[' || coalesce(k.a1, '') || '],"attendance":' || coalesce(k.b1, 'null') || '}', ','
ORDER BY k.lesson_id, k.student_id)
FROM (SELECT *
FROM (SELECT marks.lesson_id, marks.student_id, string_agg('{"value":' || coalesce((marks.value)::text, 'null') || ',"kind":"' || marks.kind || '"}', ','
ORDER BY marks.id) AS a1
FROM marks AS marks
WHERE (marks.school_id = $1::BIGINT
AND (marks.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR marks.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = marks.student_id
AND section_memberships_1.section_id = marks.section_id)))
AND marks.withdrawn_at IS NULL)
AND (marks.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
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
AND teaching_assignments_1.valid_from <= lessons.date)))
AND lessons.section_id = $5::BIGINT
AND lessons.date BETWEEN $7::DATE
AND $6::DATE))
AND (marks.student_id = ANY(ARRAY(SELECT k
FROM k7)))
AND (true)
GROUP BY 1, 2) a FULL
JOIN (SELECT attendance_records.lesson_id, attendance_records.student_id, '{"code":"' || attendance_records.code || '"}' AS b1
FROM attendance_records AS attendance_records
WHERE (attendance_records.school_id = $1::BIGINT
AND (attendance_records.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR attendance_records.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = attendance_records.student_id
AND section_memberships_1.section_id = attendance_records.section_id))))
AND (attendance_records.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
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
AND teaching_assignments_1.valid_from <= lessons.date)))
AND lessons.section_id = $5::BIGINT
AND lessons.date BETWEEN $7::DATE
AND $6::DATE))
AND (attendance_records.student_id = ANY(ARRAY(SELECT k
FROM k7)))
AND (true)) b USING (lesson_id, student_id)) k), '') || ']}'
FROM sections AS sections
WHERE (sections.school_id = $1::BIGINT
AND (sections.id = ANY(ARRAY(SELECT k
FROM k4))
OR sections.id = ANY(ARRAY(SELECT k
FROM k8))))
AND (sections.id = $5::BIGINT)), 'null')
