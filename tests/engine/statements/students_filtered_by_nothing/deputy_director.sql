-- compiled
SELECT (SELECT '{"pageInfo":{"hasNextPage":' || (p.n > 10)::text || ',"endCursor":' || coalesce('"' || p.c0 || '"', 'null') || '},"edges":[' || coalesce(p.c1, '') || ']}'
FROM (SELECT (array_agg((translate(encode(convert_to(CAST(json_build_array(CAST('Student,admitted_on DESC,full_name ASC'::VARCHAR AS TEXT), CASE WHEN true
THEN students.admitted_on
ELSE NULL END, (SELECT persons_1.sort_key
FROM persons AS persons_1
WHERE persons_1.school_id = students.school_id
AND persons_1.id = students.person_id), students.id) AS TEXT), 'UTF8'::VARCHAR), 'base64'::VARCHAR), '+/
'::VARCHAR, '-_'::VARCHAR))
ORDER BY rn DESC) FILTER (WHERE rn <= 10))[1] AS c0, string_agg('{"cursor":"' || (translate(encode(convert_to(CAST(json_build_array(CAST('Student,admitted_on DESC,full_name ASC'::VARCHAR AS TEXT), CASE WHEN true
THEN students.admitted_on
ELSE NULL END, (SELECT persons_1.sort_key
FROM persons AS persons_1
WHERE persons_1.school_id = students.school_id
AND persons_1.id = students.person_id), students.id) AS TEXT), 'UTF8'::VARCHAR), 'base64'::VARCHAR), '+/
'::VARCHAR, '-_'::VARCHAR)) || '","node":{"id":"Student:' || $1::TEXT || '-' || students.id || '","fullName":' || to_json(t3.full_name)::text || '}}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 10) AS c1, count(*) AS n
FROM (SELECT students.*, row_number() OVER (ORDER BY CASE WHEN (true)
THEN students.admitted_on END DESC, t2.sort_key ASC, students.id ASC) AS rn
FROM students AS students INNER
JOIN persons AS t2 ON t2.school_id = $2::BIGINT
AND t2.id = students.person_id
WHERE (students.school_id = $2::BIGINT
AND true)
AND (students.status = 'ENROLLED')
AND (true::BOOLEAN
AND true::BOOLEAN
AND true::BOOLEAN
AND NOT (true::BOOLEAN
AND CASE WHEN true
THEN students.personal_file_no
ELSE NULL END = ANY ($3::TEXT[])))
ORDER BY CASE WHEN (true)
THEN students.admitted_on END DESC, t2.sort_key ASC, students.id ASC
LIMIT 11) AS students INNER
JOIN persons AS t3 ON t3.school_id = $2::BIGINT
AND t3.id = students.person_id) p)
