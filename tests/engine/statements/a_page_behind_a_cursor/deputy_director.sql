-- compiled
WITH t1 AS MATERIALIZED (SELECT guardians.*, row_number() OVER (ORDER BY t2.sort_key ASC, guardians.id ASC) AS rn
FROM guardians AS guardians INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = guardians.person_id
WHERE (guardians.school_id = $1::BIGINT
AND true)
ORDER BY t2.sort_key ASC, guardians.id ASC
LIMIT 6), t7 AS MATERIALIZED (SELECT t4.guardian_id AS k, string_agg('{"student":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t6.full_name)::text || '}' END || ',"relation":' || coalesce('"' || CASE WHEN (true)
THEN t4.relation END || '"', 'null') || '}', ','
ORDER BY t4.student_id, t4.id) AS c
FROM guardian_links AS t4 INNER
JOIN students AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.student_id INNER
JOIN persons AS t6 ON t6.school_id = $1::BIGINT
AND t6.id = t5.person_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $2::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $2::DATE))
AND (t4.school_id = $1::BIGINT
AND true)
AND t4.guardian_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT (SELECT '{"pageInfo":{"endCursor":' || coalesce('"' || p.c0 || '"', 'null') || '},"nodes":[' || coalesce(p.c1, '') || ']}'
FROM (SELECT (array_agg((translate(encode(convert_to(CAST(json_build_array(CAST('Guardian,full_name ASC'::VARCHAR AS TEXT), (SELECT persons_1.sort_key
FROM persons AS persons_1
WHERE persons_1.school_id = guardians.school_id
AND persons_1.id = guardians.person_id), guardians.id) AS TEXT), 'UTF8'::VARCHAR), 'base64'::VARCHAR), '+/
'::VARCHAR, '-_'::VARCHAR))
ORDER BY rn DESC) FILTER (WHERE rn <= 5))[1] AS c0, string_agg('{"fullName":' || to_json(t3.full_name)::text || ',"links":[' || coalesce(t7.c, '') || ']}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c1, count(*) AS n
FROM t1 AS guardians INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = guardians.person_id
LEFT
JOIN t7 ON t7.k = guardians.id) p)
