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
k7(k) AS (SELECT class_memberships.student_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.school_class_id = $5::BIGINT
AND class_memberships.valid_from <= (SELECT least(terms_1.ends_on, $3::DATE) AS least_1
FROM terms AS terms_1
WHERE terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT)
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > (SELECT least(terms_1.ends_on, $3::DATE) AS least_1
FROM terms AS terms_1
WHERE terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT))),
k8(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k9(k) AS (SELECT sections.school_class_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = ANY(ARRAY(SELECT k
FROM k8))
AND sections.school_class_id IS NOT NULL),
k10(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k8))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)),
k11(k) AS (SELECT class_memberships.school_class_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.student_id = ANY(ARRAY(SELECT k
FROM k10))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)),
k12(k) AS (SELECT school_classes.term_type_id
FROM school_classes
WHERE school_classes.school_id = $1::BIGINT
AND school_classes.id = $5::BIGINT),
k13(k) AS (SELECT school_classes.academic_year_id
FROM school_classes
WHERE school_classes.school_id = $1::BIGINT
AND school_classes.id = $5::BIGINT),
k14(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.valid_to <= $3::DATE
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.student_id = section_memberships.student_id
AND section_memberships_1.subject_id = section_memberships.subject_id
AND section_memberships_1.section_id = ANY(ARRAY(SELECT k
FROM k8))
AND section_memberships_1.valid_from <= $3::DATE
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > $3::DATE)))), t1 AS MATERIALIZED (SELECT students.id
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k4))
OR students.id = ANY(ARRAY(SELECT k
FROM k6))))
AND (students.id = ANY(ARRAY(SELECT k
FROM k7)))), sum0 AS MATERIALIZED (SELECT student_id, array_agg(subject_id) AS subject_id, array_agg(v0) AS v0, array_agg(v1) AS v1
FROM (SELECT anon_1.student_id AS student_id, sections_1.subject_id AS subject_id, CASE WHEN coalesce(bool_and(anon_1.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_1.section_id = ANY(ARRAY(SELECT k
FROM k14))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
JOIN section_memberships AS section_memberships_2 ON section_memberships_2.student_id = section_memberships_1.student_id
AND section_memberships_2.subject_id = section_memberships_1.subject_id
JOIN sections AS sections_2 ON sections_2.id = section_memberships_2.section_id
JOIN sections AS sections_3 ON sections_3.id = section_memberships_1.section_id
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k8))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_2.school_id = $1::BIGINT
AND sections_3.school_id = $1::BIGINT
AND sections_2.academic_year_id = sections_3.academic_year_id
AND section_memberships_1.student_id = anon_1.student_id
AND section_memberships_1.section_id = anon_1.section_id))
OR anon_1.student_id = ANY(ARRAY(SELECT k
FROM k6))), true)
THEN round(CAST(sum(anon_1.total * anon_2.weight) / CAST(nullif(sum(anon_1.number * anon_2.weight), 0::INTEGER) AS NUMERIC) AS NUMERIC), 2::INTEGER) END AS v0, CASE WHEN coalesce(bool_and(anon_1.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_1.section_id = ANY(ARRAY(SELECT k
FROM k14))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
JOIN section_memberships AS section_memberships_2 ON section_memberships_2.student_id = section_memberships_1.student_id
AND section_memberships_2.subject_id = section_memberships_1.subject_id
JOIN sections AS sections_2 ON sections_2.id = section_memberships_2.section_id
JOIN sections AS sections_3 ON sections_3.id = section_memberships_1.section_id
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k8))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_2.school_id = $1::BIGINT
AND sections_3.school_id = $1::BIGINT
AND sections_2.academic_year_id = sections_3.academic_year_id
AND section_memberships_1.student_id = anon_1.student_id
AND section_memberships_1.section_id = anon_1.section_id))
OR anon_1.student_id = ANY(ARRAY(SELECT k
FROM k6))), true)
THEN CAST(coalesce(sum(anon_1.number), 0::INTEGER) AS BIGINT) END AS v1
FROM (SELECT assignments_1.weight AS weight, array_agg(assignments_1.id) AS ids, min(assignments_1.id) AS first
FROM assignments AS assignments_1
WHERE assignments_1.school_id = $1::BIGINT
AND assignments_1.lesson_id = ANY (array((SELECT lessons_1.id
FROM terms AS terms_1
JOIN lessons AS lessons_1 ON lessons_1.school_id = terms_1.school_id
AND lessons_1.date BETWEEN terms_1.starts_on
AND terms_1.ends_on
WHERE terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT
AND lessons_1.section_id = ANY(ARRAY(SELECT DISTINCT section_id
FROM section_memberships
WHERE school_id = $1::BIGINT
AND student_id = ANY(ARRAY(SELECT id
FROM t1))))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_2
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_2.ids)
OR marks_1.assignment_id = anon_2.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_1 ON true
JOIN sections AS sections_1 ON sections_1.school_id = $1::BIGINT
AND sections_1.id = anon_1.section_id
GROUP BY anon_1.student_id, sections_1.subject_id) s
GROUP BY student_id), t5 AS MATERIALIZED (SELECT t3.student_id AS k, string_agg('{"subject":' || CASE WHEN t4.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t4.name)::text || '}' END || ',"weightedAverage":' || coalesce('"' || sum0.v0[array_position(sum0.subject_id, t3.subject_id)] || '"', 'null') || ',"markCount":' || coalesce((CASE WHEN array_position(sum0.subject_id, t3.subject_id) IS NULL
THEN 0
ELSE sum0.v1[array_position(sum0.subject_id, t3.subject_id)] END)::text, 'null') || '}', ','
ORDER BY t4.position, t3.id) AS c
FROM section_memberships AS t3 INNER
JOIN subjects AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.subject_id
LEFT
JOIN sum0 ON sum0.student_id = t3.student_id
WHERE t3.school_id = $1::BIGINT
AND (t3.valid_from <= (SELECT least(terms_1.ends_on, $3::DATE) AS least_1
FROM terms AS terms_1
WHERE terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT)
AND (t3.valid_to IS NULL
OR t3.valid_to > (SELECT least(terms_1.ends_on, $3::DATE) AS least_1
FROM terms AS terms_1
WHERE terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT)))
AND (t3.school_id = $1::BIGINT
AND (t3.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR t3.section_id = ANY(ARRAY(SELECT k
FROM k14))
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
FROM k8))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = t3.student_id
AND section_memberships_1.section_id = t3.section_id))
OR t3.student_id = ANY(ARRAY(SELECT k
FROM k6))))
AND t3.student_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT coalesce((SELECT '{"schoolClass":{"name":' || to_json((CAST(school_classes.grade_level AS TEXT) || school_classes.letter))::text || '},"term":{"name":' || to_json(terms.name)::text || '},"rows":[' || coalesce((SELECT string_agg('{"studentId":"Student:' || $7::TEXT || '-' || students.id || '","fullName":' || to_json(t2.full_name)::text || ',"averages":[' || coalesce(t5.c, '') || ']}', ','
ORDER BY t2.sort_key, students.id)
FROM students AS students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = students.person_id
LEFT
JOIN t5 ON t5.k = students.id
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k4))
OR students.id = ANY(ARRAY(SELECT k
FROM k6))))
AND (students.id = ANY(ARRAY(SELECT k
FROM k7)))), '') || ']}'
FROM school_classes AS school_classes
CROSS
JOIN terms AS terms
WHERE (school_classes.school_id = $1::BIGINT
AND (school_classes.id = ANY(ARRAY(SELECT k
FROM k9))
OR school_classes.id = ANY(ARRAY(SELECT k
FROM k11))
OR school_classes.id = ANY(ARRAY(SELECT k
FROM k5))))
AND (school_classes.id = $5::BIGINT)
AND (terms.school_id = $1::BIGINT
AND true)
AND (terms.id = $6::BIGINT)
AND (terms.term_type_id = ANY(ARRAY(SELECT k
FROM k12)))
AND (terms.academic_year_id = ANY(ARRAY(SELECT k
FROM k13)))), 'null')
