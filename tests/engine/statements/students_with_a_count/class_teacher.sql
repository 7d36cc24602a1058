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
k5(k) AS (SELECT class_teachers.school_class_id
FROM class_teachers
WHERE class_teachers.school_id = $1::BIGINT
AND class_teachers.staff_id = $2::BIGINT
AND class_teachers.valid_from <= $3::DATE
AND (class_teachers.valid_to IS NULL
OR class_teachers.valid_to > $3::DATE)),
k6(k) AS (SELECT class_memberships.student_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.school_class_id = ANY(ARRAY(SELECT k
FROM k5))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)),
k7(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k8(k) AS (SELECT sections.school_class_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = ANY(ARRAY(SELECT k
FROM k7))
AND sections.school_class_id IS NOT NULL),
k9(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k7))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)),
k10(k) AS (SELECT class_memberships.school_class_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.student_id = ANY(ARRAY(SELECT k
FROM k9))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)) SELECT (SELECT '{"totalCount":' || (SELECT count(*)
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k4))
OR students.id = ANY(ARRAY(SELECT k
FROM k6))))
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
AND (t5.id = ANY(ARRAY(SELECT k
FROM k8))
OR t5.id = ANY(ARRAY(SELECT k
FROM k10))
OR t5.id = ANY(ARRAY(SELECT k
FROM k5))))
AND t4.student_id = students.id
ORDER BY t4.id
LIMIT 1), 'null') || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 10) AS c0, count(*) AS n
FROM (SELECT students.*, row_number() OVER (ORDER BY t2.sort_key ASC, students.id ASC) AS rn
FROM students AS students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k4))
OR students.id = ANY(ARRAY(SELECT k
FROM k6))))
AND (students.status = 'ENROLLED')
ORDER BY t2.sort_key ASC, students.id ASC
LIMIT 11) AS students INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = students.person_id) p)
