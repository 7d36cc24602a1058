-- compiled
SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || '],"pageInfo":{"hasPreviousPage":' || (p.n > 5)::text || ',"startCursor":' || coalesce('"' || p.c1 || '"', 'null') || '}}'
FROM (SELECT string_agg('{"id":"Staff:' || $1::TEXT || '-' || staff.id || '","fullName":' || to_json(t3.full_name)::text || '}', ','
ORDER BY rn DESC) FILTER (WHERE rn <= 5) AS c0, (array_agg((translate(encode(convert_to(CAST(json_build_array(CAST('Staff,full_name ASC'::VARCHAR AS TEXT), (SELECT persons_1.sort_key
FROM persons AS persons_1
WHERE persons_1.school_id = staff.school_id
AND persons_1.id = staff.person_id), staff.id) AS TEXT), 'UTF8'::VARCHAR), 'base64'::VARCHAR), '+/
'::VARCHAR, '-_'::VARCHAR))
ORDER BY rn DESC) FILTER (WHERE rn <= 5))[1] AS c1, count(*) AS n
FROM (SELECT staff.*, row_number() OVER (ORDER BY t2.sort_key DESC, staff.id DESC) AS rn
FROM staff AS staff INNER
JOIN persons AS t2 ON t2.school_id = $2::BIGINT
AND t2.id = staff.person_id
WHERE (staff.school_id = $2::BIGINT
AND true)
AND (staff.hired_on <= $3::DATE
AND (staff.dismissed_on IS NULL
OR staff.dismissed_on > $3::DATE))
ORDER BY t2.sort_key DESC, staff.id DESC
LIMIT 6) AS staff INNER
JOIN persons AS t3 ON t3.school_id = $2::BIGINT
AND t3.id = staff.person_id) p)
