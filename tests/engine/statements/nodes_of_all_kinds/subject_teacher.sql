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
k6(k) AS (SELECT lessons.section_id
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
AND teaching_assignments_1.valid_from <= lessons.date))),
k7(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)) SELECT '[' || coalesce((SELECT '{"id":"Mark:' || $5::TEXT || '-' || marks.id || '","value":' || coalesce((marks.value)::text, 'null') || ',"assignment":' || CASE WHEN t1.id IS NULL
THEN 'null'
ELSE '{"title":' || to_json(t1.title)::text || '}' END || '}'
FROM marks AS marks INNER
JOIN assignments AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = marks.assignment_id
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
AND (marks.id = $6::BIGINT)
ORDER BY marks.id
LIMIT 1), 'null') || ',' || coalesce((SELECT '{"id":"Lesson:' || $5::TEXT || '-' || lessons.id || '","topic":' || coalesce(to_json(lessons.topic)::text, 'null') || ',"section":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t2.name)::text || '}' END || '}'
FROM lessons AS lessons
LEFT
JOIN sections AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = lessons.section_id
AND (t2.school_id = $1::BIGINT
AND (t2.id = ANY(ARRAY(SELECT k
FROM k4))
OR t2.id = ANY(ARRAY(SELECT k
FROM k6))))
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
AND (lessons.id = $7::BIGINT)
ORDER BY lessons.id
LIMIT 1), 'null') || ',' || coalesce((SELECT '{"id":"Student:' || $5::TEXT || '-' || students.id || '","fullName":' || to_json(t3.full_name)::text || '}'
FROM students AS students INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k7)))
AND (students.id = $8::BIGINT)
ORDER BY students.id
LIMIT 1), 'null') || ']'
