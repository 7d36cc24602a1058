-- compiled
WITH t1 AS MATERIALIZED (SELECT notices.*, row_number() OVER (ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC) AS rn
FROM notices AS notices
WHERE (notices.school_id = $1::BIGINT
AND true)
AND (notices.withdrawn_at IS NULL
AND notices.visible_from <= $2::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $2::TIMESTAMP WITH TIME ZONE))
ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC
LIMIT 21), t5 AS MATERIALIZED (SELECT t3.notice_id AS k, string_agg('{"fileName":' || to_json(t4.name)::text || ',"mediaType":' || to_json(t4.media_type)::text || ',"size":' || (t4.size)::text || '}', ','
ORDER BY t3.position, t3.id) AS c
FROM notice_attachments AS t3 INNER
JOIN files AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.file_id
WHERE t3.school_id = $1::BIGINT
AND t3.notice_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"Notice:' || $3::TEXT || '-' || notices.id || '","title":' || to_json(notices.title)::text || ',"body":' || to_json(notices.body)::text || ',"visibleFrom":' || left(to_json(notices.visible_from)::text, -7) || 'Z"' || ',"isPinned":' || (notices.is_pinned)::text || ',"authorName":' || to_json(t2.full_name)::text || ',"isRead":' || ((EXISTS (SELECT notice_receipts_1.id
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id
AND notice_receipts_1.person_id = $4::BIGINT)))::text || ',"readCount":' || coalesce((CASE WHEN (true)
THEN ((SELECT count(*) AS count_1
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id)) END)::text, 'null') || ',"attachments":[' || coalesce(t5.c, '') || ']}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 20) AS c0, count(*) AS n
FROM t1 AS notices INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = notices.author_id
LEFT
JOIN t5 ON t5.k = notices.id) p)
