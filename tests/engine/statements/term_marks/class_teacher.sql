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
k6(k) AS (SELECT class_teachers.school_class_id
FROM class_teachers
WHERE class_teachers.school_id = $1::BIGINT
AND class_teachers.staff_id = $2::BIGINT
AND class_teachers.valid_from <= $3::DATE
AND (class_teachers.valid_to IS NULL
OR class_teachers.valid_to > $3::DATE)),
k7(k) AS (SELECT class_memberships.student_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.school_class_id = ANY(ARRAY(SELECT k
FROM k6))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)),
k8(k) AS (SELECT sections.subject_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = $5::BIGINT),
k9(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)),
k10(k) AS (SELECT lessons.section_id
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
k11(k) AS (SELECT sections.id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.school_class_id = ANY(ARRAY(SELECT k
FROM k6))),
k12(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.student_id = ANY(ARRAY(SELECT k
FROM k7))),
k13(k) AS (SELECT sections.term_type_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = $5::BIGINT),
k14(k) AS (SELECT sections.academic_year_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = $5::BIGINT), t1 AS MATERIALIZED (SELECT students.id
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k9))
OR students.id = ANY(ARRAY(SELECT k
FROM k7))))
AND (students.id IN (SELECT section_memberships.student_id
FROM section_memberships
JOIN terms AS terms_1 ON terms_1.school_id = section_memberships.school_id
AND terms_1.id = $6::BIGINT
AND section_memberships.valid_from <= terms_1.ends_on
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > terms_1.starts_on)
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = $5::BIGINT))), t3 AS MATERIALIZED (SELECT t2.student_id AS k, string_agg('{"value":' || coalesce((t2.value)::text, 'null') || '}', ','
ORDER BY t2.lesson_id, t2.id) AS c
FROM marks AS t2
WHERE t2.school_id = $1::BIGINT
AND (EXISTS (SELECT lessons_1.id
FROM lessons AS lessons_1
JOIN sections AS sections_1 ON sections_1.id = lessons_1.section_id
JOIN terms AS terms_1 ON lessons_1.date BETWEEN terms_1.starts_on
AND terms_1.ends_on
WHERE lessons_1.school_id = $1::BIGINT
AND lessons_1.id = t2.lesson_id
AND lessons_1.status != 'CANCELLED'
AND sections_1.school_id = $1::BIGINT
AND sections_1.subject_id = (SELECT k
FROM k8)
AND terms_1.school_id = $1::BIGINT
AND terms_1.id = $6::BIGINT))
AND (t2.school_id = $1::BIGINT
AND ((t2.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR t2.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = t2.student_id
AND section_memberships_1.section_id = t2.section_id)))
AND t2.withdrawn_at IS NULL
OR t2.student_id = ANY(ARRAY(SELECT k
FROM k7))
AND t2.withdrawn_at IS NULL))
AND t2.student_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT coalesce((SELECT '{"section":{"name":' || to_json(sections.name)::text || '},"rows":[' || coalesce((SELECT string_agg('{"studentId":"Student:' || $7::TEXT || '-' || students.id || '","weightedAverage":' || coalesce('"' || (CASE WHEN ($5::BIGINT = ANY(ARRAY(SELECT k
FROM k3))
OR $5::BIGINT = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = students.id
AND section_memberships_1.section_id = $5::BIGINT))
OR students.id = ANY(ARRAY(SELECT k
FROM k7)))
THEN (SELECT CASE WHEN coalesce(bool_and(anon_2.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_2.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_2.student_id
AND section_memberships_1.section_id = anon_2.section_id))
OR anon_2.student_id = ANY(ARRAY(SELECT k
FROM k7))), true)
THEN round(CAST(sum(anon_2.total * anon_3.weight) / CAST(nullif(sum(anon_2.number * anon_3.weight), 0::INTEGER) AS NUMERIC) AS NUMERIC), 2::INTEGER) END AS anon_1
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
AND lessons_1.section_id IN (SELECT section_memberships_3.section_id
FROM section_memberships AS section_memberships_3
WHERE section_memberships_3.school_id = $1::BIGINT
AND section_memberships_3.student_id = students.id
AND section_memberships_3.subject_id = (SELECT k
FROM k8))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_3
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_3.ids)
OR marks_1.assignment_id = anon_3.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
AND marks_1.student_id = students.id
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_2 ON true) END) || '"', 'null') || ',"markCount":' || coalesce(((CASE WHEN ($5::BIGINT = ANY(ARRAY(SELECT k
FROM k3))
OR $5::BIGINT = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = students.id
AND section_memberships_1.section_id = $5::BIGINT))
OR students.id = ANY(ARRAY(SELECT k
FROM k7)))
THEN (SELECT CASE WHEN coalesce(bool_and(anon_2.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_2.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_2.student_id
AND section_memberships_1.section_id = anon_2.section_id))
OR anon_2.student_id = ANY(ARRAY(SELECT k
FROM k7))), true)
THEN CAST(coalesce(sum(anon_2.number), 0::INTEGER) AS BIGINT) END AS anon_1
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
AND lessons_1.section_id IN (SELECT section_memberships_3.section_id
FROM section_memberships AS section_memberships_3
WHERE section_memberships_3.school_id = $1::BIGINT
AND section_memberships_3.student_id = students.id
AND section_memberships_3.subject_id = (SELECT k
FROM k8))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_3
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_3.ids)
OR marks_1.assignment_id = anon_3.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
AND marks_1.student_id = students.id
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_2 ON true) END))::text, 'null') || ',"suggestedValue":' || coalesce('"' || (CASE WHEN ($5::BIGINT = ANY(ARRAY(SELECT k
FROM k3))
OR $5::BIGINT = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = students.id
AND section_memberships_1.section_id = $5::BIGINT))
OR students.id = ANY(ARRAY(SELECT k
FROM k7)))
THEN CAST(CASE CAST((SELECT CASE WHEN coalesce(bool_and(anon_2.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_2.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_2.student_id
AND section_memberships_1.section_id = anon_2.section_id))
OR anon_2.student_id = ANY(ARRAY(SELECT k
FROM k7))), true)
THEN CASE WHEN (CAST(sum(anon_2.total * anon_3.weight) / CAST(nullif(sum(anon_2.number * anon_3.weight), 0::INTEGER) AS NUMERIC) AS NUMERIC) IS NOT NULL)
THEN greatest(round(CAST(sum(anon_2.total * anon_3.weight) / CAST(nullif(sum(anon_2.number * anon_3.weight), 0::INTEGER) AS NUMERIC) AS NUMERIC)), 2::INTEGER) END END AS anon_1
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
AND lessons_1.section_id IN (SELECT section_memberships_3.section_id
FROM section_memberships AS section_memberships_3
WHERE section_memberships_3.school_id = $1::BIGINT
AND section_memberships_3.student_id = students.id
AND section_memberships_3.subject_id = (SELECT k
FROM k8))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_3
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_3.ids)
OR marks_1.assignment_id = anon_3.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
AND marks_1.student_id = students.id
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_2 ON true) AS INTEGER) WHEN 5::INTEGER
THEN 'FIVE'::VARCHAR WHEN 4::INTEGER
THEN 'FOUR'::VARCHAR WHEN 3::INTEGER
THEN 'THREE'::VARCHAR WHEN 2::INTEGER
THEN 'TWO'::VARCHAR END AS VARCHAR(12)) END) || '"', 'null') || ',"warnings":' || coalesce(to_json((CASE WHEN ($5::BIGINT = ANY(ARRAY(SELECT k
FROM k3))
OR $5::BIGINT = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = students.id
AND section_memberships_1.section_id = $5::BIGINT))
OR students.id = ANY(ARRAY(SELECT k
FROM k7)))
THEN (SELECT CASE WHEN ((SELECT CASE WHEN coalesce(bool_and(anon_3.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_3.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_3.student_id
AND section_memberships_1.section_id = anon_3.section_id))
OR anon_3.student_id = ANY(ARRAY(SELECT k
FROM k7))), true)
THEN CAST(coalesce(sum(anon_3.number), 0::INTEGER) AS BIGINT) END AS anon_2
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
AND lessons_1.section_id IN (SELECT section_memberships_3.section_id
FROM section_memberships AS section_memberships_3
WHERE section_memberships_3.school_id = $1::BIGINT
AND section_memberships_3.student_id = students.id
AND section_memberships_3.subject_id = (SELECT k
FROM k8))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_4
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_4.ids)
OR marks_1.assignment_id = anon_4.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
AND marks_1.student_id = students.id
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_3 ON true) IS NOT NULL)
THEN array_remove(ARRAY[CASE WHEN ((SELECT CASE WHEN coalesce(bool_and(anon_3.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_3.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_3.student_id
AND section_memberships_1.section_id = anon_3.section_id))
OR anon_3.student_id = ANY(ARRAY(SELECT k
FROM k7))), true)
THEN CAST(coalesce(sum(anon_3.number), 0::INTEGER) AS BIGINT) END AS anon_2
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
AND lessons_1.section_id IN (SELECT section_memberships_3.section_id
FROM section_memberships AS section_memberships_3
WHERE section_memberships_3.school_id = $1::BIGINT
AND section_memberships_3.student_id = students.id
AND section_memberships_3.subject_id = (SELECT k
FROM k8))
AND lessons_1.status != 'CANCELLED')))
AND assignments_1.weight > 0::INTEGER
GROUP BY assignments_1.weight) AS anon_4
JOIN LATERAL (SELECT marks_1.student_id AS student_id, marks_1.section_id AS section_id, sum(marks_1.value) AS total, count(*) AS number
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND (marks_1.assignment_id = ANY (anon_4.ids)
OR marks_1.assignment_id = anon_4.first)
AND marks_1.kind = 'NUMERIC'
AND marks_1.withdrawn_at IS NULL
AND marks_1.student_id = students.id
GROUP BY marks_1.student_id, marks_1.section_id

LIMIT ALL OFFSET 0::INTEGER) AS anon_3 ON true) < schools_1.enough_marks)
THEN 'TOO_FEW_MARKS'::VARCHAR END, CASE WHEN ((SELECT CASE WHEN bool_and(anon_6.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR anon_6.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = anon_6.student_id
AND section_memberships_1.section_id = anon_6.section_id))
OR anon_6.student_id = ANY(ARRAY(SELECT k
FROM k7)))
THEN CAST(count(CASE WHEN (anon_6.code IN ('EXCUSED', 'ILLNESS', 'UNEXCUSED', 'ABSENT'))
THEN 1::INTEGER END) AS NUMERIC) / CAST(nullif(count(CASE WHEN NOT coalesce(anon_6.code = 'EXEMPT', false)
THEN 1::INTEGER END), 0::INTEGER) AS NUMERIC) END AS anon_5
FROM LATERAL (SELECT section_memberships_4.student_id AS student_id, section_memberships_4.section_id AS section_id, attendance_records_1.code AS code
FROM section_memberships AS section_memberships_4
JOIN lessons AS lessons_2 ON lessons_2.school_id = section_memberships_4.school_id
AND lessons_2.section_id = section_memberships_4.section_id
AND section_memberships_4.valid_from <= lessons_2.date
AND (section_memberships_4.valid_to IS NULL
OR section_memberships_4.valid_to > lessons_2.date)
JOIN terms AS terms_2 ON terms_2.school_id = lessons_2.school_id
AND lessons_2.date BETWEEN terms_2.starts_on
AND terms_2.ends_on
LEFT
OUTER
JOIN attendance_records AS attendance_records_1 ON attendance_records_1.school_id = lessons_2.school_id
AND attendance_records_1.lesson_id = lessons_2.id
AND attendance_records_1.student_id = section_memberships_4.student_id
WHERE section_memberships_4.school_id = $1::BIGINT
AND section_memberships_4.student_id = students.id
AND section_memberships_4.subject_id = (SELECT k
FROM k8)
AND terms_2.id = $6::BIGINT
AND lessons_2.status = 'CONDUCTED') AS anon_6) > schools_1.missed_share)
THEN 'MISSED_TOO_MUCH'::VARCHAR END], NULL) END AS anon_1
FROM schools AS schools_1
WHERE schools_1.id = $1::BIGINT) END))::text, 'null') || ',"marks":[' || coalesce(t3.c, '') || '],"termMark":' || coalesce((SELECT '{"value":"' || t4.value || '"}'
FROM term_marks AS t4
WHERE t4.school_id = $1::BIGINT
AND (t4.subject_id = ANY(ARRAY(SELECT k
FROM k8))
AND t4.term_id = $6::BIGINT
AND t4.kind = 'TERM')
AND (t4.school_id = $1::BIGINT
AND (t4.section_id = ANY(ARRAY(SELECT k
FROM k4))
OR t4.section_id = ANY(ARRAY(SELECT k
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
AND section_memberships_1.student_id = t4.student_id
AND section_memberships_1.section_id = t4.section_id))
OR t4.student_id = ANY(ARRAY(SELECT k
FROM k7))))
AND t4.student_id = students.id
ORDER BY t4.id
LIMIT 1), 'null') || ',"student":{"shortName":' || to_json(t5.short_name)::text || '}}', ','
ORDER BY t5.sort_key, students.id)
FROM students AS students
LEFT
JOIN t3 ON t3.k = students.id INNER
JOIN persons AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k9))
OR students.id = ANY(ARRAY(SELECT k
FROM k7))))
AND (students.id IN (SELECT section_memberships.student_id
FROM section_memberships
JOIN terms AS terms_1 ON terms_1.school_id = section_memberships.school_id
AND terms_1.id = $6::BIGINT
AND section_memberships.valid_from <= terms_1.ends_on
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > terms_1.starts_on)
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = $5::BIGINT))), '') || ']}'
FROM sections AS sections
CROSS
JOIN terms AS terms
WHERE (sections.school_id = $1::BIGINT
AND (sections.id = ANY(ARRAY(SELECT k
FROM k4))
OR sections.id = ANY(ARRAY(SELECT k
FROM k10))
OR sections.id = ANY(ARRAY(SELECT k
FROM k11))
OR sections.id = ANY(ARRAY(SELECT k
FROM k12))))
AND (sections.id = $5::BIGINT)
AND (terms.school_id = $1::BIGINT
AND true)
AND (terms.id = $6::BIGINT)
AND (terms.term_type_id = ANY(ARRAY(SELECT k
FROM k13)))
AND (terms.academic_year_id = ANY(ARRAY(SELECT k
FROM k14)))), 'null')
