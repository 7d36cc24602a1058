-- compiled
SELECT coalesce((SELECT '{"fullName":' || to_json(t1.full_name)::text || ',"identity":' || coalesce((SELECT 'StudentIdentity' || t2.student_id || '{"snils":' || coalesce(CASE WHEN (true)
THEN ('0' || 'x' || encode(t2.snils_encrypted, 'hex') || '' || t2.student_id::text || '') END, 'null') || ',"documentNumber":' || coalesce(CASE WHEN (true)
THEN ('1' || 'x' || encode(t2.document_encrypted, 'hex') || '' || t2.student_id::text || '') END, 'null') || '}'
FROM student_identities AS t2
WHERE t2.school_id = $1::BIGINT
AND (t2.school_id = $1::BIGINT
AND true)
AND t2.student_id = students.id), 'null') || ',"contacts":' || coalesce((SELECT '{"phone":' || coalesce(to_json(t3.phone)::text, 'null') || ',"email":' || coalesce(to_json(t3.email)::text, 'null') || ',"address":' || coalesce(CASE WHEN (true)
THEN ('2' || 'x' || encode(t3.address_encrypted, 'hex') || '' || t3.student_id::text || '') END, 'null') || '}'
FROM student_contacts AS t3
WHERE t3.school_id = $1::BIGINT
AND (t3.school_id = $1::BIGINT
AND true)
AND t3.student_id = students.id), 'null') || ',"guardianLinks":[' || coalesce((SELECT string_agg('{"relation":' || coalesce('"' || CASE WHEN (true)
THEN t4.relation END || '"', 'null') || ',"guardian":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t6.full_name)::text || '}' END || '}', ','
ORDER BY CASE WHEN (true)
THEN t4.contact_priority END, t4.id)
FROM guardian_links AS t4 INNER
JOIN guardians AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.guardian_id INNER
JOIN persons AS t6 ON t6.school_id = $1::BIGINT
AND t6.id = t5.person_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $2::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $2::DATE))
AND (t4.school_id = $1::BIGINT
AND true)
AND t4.student_id = students.id), '') || '],"enrollments":[' || coalesce((SELECT string_agg('{"entryDate":"' || t7.entry_date || '","form":"' || t7.form || '"}', ','
ORDER BY t7.entry_date, t7.id)
FROM enrollments AS t7
WHERE t7.school_id = $1::BIGINT
AND (t7.school_id = $1::BIGINT
AND true)
AND t7.student_id = students.id), '') || ']}'
FROM students AS students INNER
JOIN persons AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND true)
AND (students.id = $3::BIGINT)
ORDER BY students.id
LIMIT 1), 'null')
