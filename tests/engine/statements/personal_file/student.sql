-- compiled
WITH k1(k) AS (SELECT students.id
FROM students
WHERE students.school_id = $1::BIGINT
AND students.id = $2::BIGINT),
k2(k) AS (SELECT guardian_links.guardian_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)) SELECT coalesce((SELECT '{"fullName":' || to_json(t1.full_name)::text || ',"identity":' || coalesce((SELECT 'StudentIdentity' || t2.student_id || '{"snils":null,"documentNumber":null}'
FROM student_identities AS t2
WHERE t2.school_id = $1::BIGINT
AND (t2.school_id = $1::BIGINT
AND t2.student_id = $2::BIGINT)
AND t2.student_id = students.id), 'null') || ',"contacts":' || coalesce((SELECT '{"phone":' || coalesce(to_json(t3.phone)::text, 'null') || ',"email":' || coalesce(to_json(t3.email)::text, 'null') || ',"address":' || coalesce(CASE WHEN (t3.student_id = $2::BIGINT)
THEN ('0' || 'x' || encode(t3.address_encrypted, 'hex') || '' || t3.student_id::text || '') END, 'null') || '}'
FROM student_contacts AS t3
WHERE t3.school_id = $1::BIGINT
AND (t3.school_id = $1::BIGINT
AND t3.student_id = $2::BIGINT)
AND t3.student_id = students.id), 'null') || ',"guardianLinks":[' || coalesce((SELECT string_agg('{"relation":' || coalesce('"' || CASE WHEN (t4.student_id = $2::BIGINT
OR t4.guardian_id = $4::BIGINT)
THEN t4.relation END || '"', 'null') || ',"guardian":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t6.full_name)::text || '}' END || '}', ','
ORDER BY CASE WHEN (t4.student_id = $2::BIGINT
OR t4.guardian_id = $4::BIGINT)
THEN t4.contact_priority END, t4.id)
FROM guardian_links AS t4
LEFT
JOIN guardians AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.guardian_id
AND (t5.school_id = $1::BIGINT
AND t5.id = ANY(ARRAY(SELECT k
FROM k2)))
LEFT
JOIN persons AS t6 ON t6.school_id = $1::BIGINT
AND t6.id = t5.person_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $3::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $3::DATE))
AND (t4.school_id = $1::BIGINT
AND t4.student_id = $2::BIGINT)
AND t4.student_id = students.id), '') || '],"enrollments":[' || coalesce((SELECT string_agg('{"entryDate":"' || t7.entry_date || '","form":"' || t7.form || '"}', ','
ORDER BY t7.entry_date, t7.id)
FROM enrollments AS t7
WHERE t7.school_id = $1::BIGINT
AND (t7.school_id = $1::BIGINT
AND t7.student_id = $2::BIGINT)
AND t7.student_id = students.id), '') || ']}'
FROM students AS students INNER
JOIN persons AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND students.id = $2::BIGINT)
AND (students.id = $5::BIGINT)
ORDER BY students.id
LIMIT 1), 'null')
