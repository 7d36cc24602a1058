-- compiled
SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"at":' || left(to_json(audit_events.at)::text, -7) || 'Z"' || ',"action":' || to_json(audit_events.action)::text || ',"actor":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t2.full_name)::text || '}' END || ',"details":[' || coalesce((SELECT string_agg('{"name":' || (t3.v -> 'name')::text || ',"values":' || (t3.v -> 'values')::text || '}', ','
ORDER BY t3.n)
FROM jsonb_array_elements(audit_events.details) WITH ORDINALITY AS t3(v, n)), '') || ']}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT audit_events.*, row_number() OVER (ORDER BY audit_events.seq DESC, audit_events.id ASC) AS rn
FROM audit_events AS audit_events
WHERE (audit_events.school_id = $1::BIGINT
AND true)
ORDER BY audit_events.seq DESC, audit_events.id ASC
LIMIT 6) AS audit_events
LEFT
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = audit_events.actor_id) p), (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"at":' || left(to_json(sensitive_reads.at)::text, -7) || 'Z"' || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT sensitive_reads.*, row_number() OVER (ORDER BY sensitive_reads.at DESC, sensitive_reads.id ASC) AS rn
FROM sensitive_reads AS sensitive_reads
WHERE (sensitive_reads.school_id = $1::BIGINT
AND true)
ORDER BY sensitive_reads.at DESC, sensitive_reads.id ASC
LIMIT 6) AS sensitive_reads) p)
