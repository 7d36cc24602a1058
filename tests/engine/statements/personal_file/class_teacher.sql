-- compiled
WITH k1(k) AS (SELECT class_teachers.school_class_id
FROM class_teachers
WHERE class_teachers.school_id = $1::BIGINT
AND class_teachers.staff_id = $2::BIGINT
AND class_teachers.valid_from <= $3::DATE
AND (class_teachers.valid_to IS NULL
OR class_teachers.valid_to > $3::DATE)),
k2(k) AS (SELECT class_memberships.student_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.school_class_id = ANY(ARRAY(SELECT k
FROM k1))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)),
k3(k) AS (SELECT guardian_links.guardian_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)),
k4(k) AS (SELECT schools.substitute_days
FROM schools
WHERE schools.school_id = $1::BIGINT),
k5(k) AS (SELECT schools.time_zone
FROM schools
WHERE schools.school_id = $1::BIGINT),
k6(k) AS (SELECT teaching_assignments.section_id
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
FROM k4) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND lessons.date <= $3::DATE
AND timezone((SELECT k
FROM k5), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k7(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k6))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)) SELECT coalesce((SELECT '{"fullName":' || to_json(t1.full_name)::text || ',"identity":' || coalesce((SELECT 'StudentIdentity' || t2.student_id || '{"snils":null,"documentNumber":null}'
FROM student_identities AS t2
WHERE t2.school_id = $1::BIGINT
AND (t2.school_id = $1::BIGINT
AND t2.student_id = ANY(ARRAY(SELECT k
FROM k2)))
AND t2.student_id = students.id), 'null') || ',"contacts":' || coalesce((SELECT '{"phone":' || coalesce(to_json(t3.phone)::text, 'null') || ',"email":' || coalesce(to_json(t3.email)::text, 'null') || ',"address":' || coalesce(CASE WHEN (t3.student_id = ANY(ARRAY(SELECT k
FROM k2)))
THEN ('0' || 'x' || encode(t3.address_encrypted, 'hex') || '' || t3.student_id::text || '') END, 'null') || '}'
FROM student_contacts AS t3
WHERE t3.school_id = $1::BIGINT
AND (t3.school_id = $1::BIGINT
AND t3.student_id = ANY(ARRAY(SELECT k
FROM k2)))
AND t3.student_id = students.id), 'null') || ',"guardianLinks":[' || coalesce((SELECT string_agg('{"relation":' || coalesce('"' || CASE WHEN (t4.student_id = ANY(ARRAY(SELECT k
FROM k2)))
THEN t4.relation END || '"', 'null') || ',"guardian":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t6.full_name)::text || '}' END || '}', ','
ORDER BY CASE WHEN (t4.student_id = ANY(ARRAY(SELECT k
FROM k2)))
THEN t4.contact_priority END, t4.id)
FROM guardian_links AS t4
LEFT
JOIN guardians AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.guardian_id
AND (t5.school_id = $1::BIGINT
AND t5.id = ANY(ARRAY(SELECT k
FROM k3)))
LEFT
JOIN persons AS t6 ON t6.school_id = $1::BIGINT
AND t6.id = t5.person_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $3::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $3::DATE))
AND (t4.school_id = $1::BIGINT
AND t4.student_id = ANY(ARRAY(SELECT k
FROM k2)))
AND t4.student_id = students.id), '') || '],"enrollments":[' || coalesce((SELECT string_agg('{"entryDate":"' || t7.entry_date || '","form":"' || t7.form || '"}', ','
ORDER BY t7.entry_date, t7.id)
FROM enrollments AS t7
WHERE t7.school_id = $1::BIGINT
AND (t7.school_id = $1::BIGINT
AND t7.student_id = ANY(ARRAY(SELECT k
FROM k2)))
AND t7.student_id = students.id), '') || ']}'
FROM students AS students INNER
JOIN persons AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND (students.id = ANY(ARRAY(SELECT k
FROM k7))
OR students.id = ANY(ARRAY(SELECT k
FROM k2))))
AND (students.id = $5::BIGINT)
ORDER BY students.id
LIMIT 1), 'null')
