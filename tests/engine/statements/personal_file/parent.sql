-- compiled
WITH k1(k) AS (SELECT guardian_links.student_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.guardian_id = $2::BIGINT
AND guardian_links.may_receive_info IS true
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)
AND guardian_links.legal_status != 'TERMINATED'
AND (guardian_links.consent_from <= $3::DATE
AND (guardian_links.consent_to IS NULL
OR guardian_links.consent_to > $3::DATE)
OR NOT coalesce((SELECT persons_1.adult_on <= $3::DATE AS of_age
FROM persons AS persons_1, students AS students_1
WHERE students_1.school_id = $1::BIGINT
AND students_1.id = guardian_links.student_id
AND persons_1.school_id = $1::BIGINT
AND persons_1.id = students_1.person_id), false))),
k2(k) AS (SELECT guardian_links.student_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.guardian_id = $2::BIGINT
AND guardian_links.may_receive_info IS true
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)
AND guardian_links.legal_status != 'TERMINATED'
AND (guardian_links.consent_from <= $3::DATE
AND (guardian_links.consent_to IS NULL
OR guardian_links.consent_to > $3::DATE)
OR NOT coalesce((SELECT persons_1.adult_on <= $3::DATE AS of_age
FROM persons AS persons_1, students AS students_1
WHERE students_1.school_id = $1::BIGINT
AND students_1.id = guardian_links.student_id
AND persons_1.school_id = $1::BIGINT
AND persons_1.id = students_1.person_id), false))
AND guardian_links.hide_whereabouts IS false),
k3(k) AS (SELECT guardian_links.guardian_id
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
AND t2.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND t2.student_id = students.id), 'null') || ',"contacts":' || coalesce((SELECT '{"phone":' || coalesce(to_json(t3.phone)::text, 'null') || ',"email":' || coalesce(to_json(t3.email)::text, 'null') || ',"address":' || coalesce(CASE WHEN (t3.student_id = $4::BIGINT
OR t3.student_id = ANY(ARRAY(SELECT k
FROM k2)))
THEN ('0' || 'x' || encode(t3.address_encrypted, 'hex') || '' || t3.student_id::text || '') END, 'null') || '}'
FROM student_contacts AS t3
WHERE t3.school_id = $1::BIGINT
AND (t3.school_id = $1::BIGINT
AND t3.student_id = ANY(ARRAY(SELECT k
FROM k2)))
AND t3.student_id = students.id), 'null') || ',"guardianLinks":[' || coalesce((SELECT string_agg('{"relation":' || coalesce('"' || CASE WHEN (t4.student_id = $4::BIGINT
OR t4.guardian_id = $2::BIGINT)
THEN t4.relation END || '"', 'null') || ',"guardian":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t6.full_name)::text || '}' END || '}', ','
ORDER BY CASE WHEN (t4.student_id = $4::BIGINT
OR t4.guardian_id = $2::BIGINT)
THEN t4.contact_priority END, t4.id)
FROM guardian_links AS t4
LEFT
JOIN guardians AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.guardian_id
AND (t5.school_id = $1::BIGINT
AND (t5.id = ANY(ARRAY(SELECT k
FROM k3))
OR t5.id = $2::BIGINT))
LEFT
JOIN persons AS t6 ON t6.school_id = $1::BIGINT
AND t6.id = t5.person_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $3::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $3::DATE))
AND (t4.school_id = $1::BIGINT
AND t4.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND t4.student_id = students.id), '') || '],"enrollments":[' || coalesce((SELECT string_agg('{"entryDate":"' || t7.entry_date || '","form":"' || t7.form || '"}', ','
ORDER BY t7.entry_date, t7.id)
FROM enrollments AS t7
WHERE t7.school_id = $1::BIGINT
AND (t7.school_id = $1::BIGINT
AND t7.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND t7.student_id = students.id), '') || ']}'
FROM students AS students INNER
JOIN persons AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.id = $5::BIGINT)
ORDER BY students.id
LIMIT 1), 'null')
