-- $1 school, $2 person.
SELECT '{"data":{"notices":{"nodes":[' || coalesce(string_agg(
    '{"id":"Notice:' || $1 || '-' || n.id
    || '","title":' || to_json(n.title)::text
    || ',"body":' || to_json(n.body)::text
    || ',"visibleFrom":"' || to_char(n.visible_from, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    || '","isPinned":' || n.is_pinned
    || ',"authorName":' || to_json(p.full_name)::text
    || ',"isRead":' || EXISTS (SELECT FROM notice_receipts r
        WHERE r.school_id = $1 AND r.notice_id = n.id AND r.person_id = $2)
    || ',"readCount":' || (SELECT count(*) FROM notice_receipts r
        WHERE r.school_id = $1 AND r.notice_id = n.id)
    || ',"attachments":[' || coalesce((
        SELECT string_agg('{"fileName":' || to_json(f.name)::text || ',"mediaType":'
            || to_json(f.media_type)::text || ',"size":' || f.size || '}', ','
            ORDER BY a.position, a.id)
        FROM notice_attachments a JOIN files f ON f.school_id = a.school_id AND f.id = a.file_id
        WHERE a.school_id = $1 AND a.notice_id = n.id), '')
    || ']}', ',' ORDER BY n.is_pinned DESC, n.visible_from DESC, n.id), '') || ']}}}'
FROM (
    SELECT * FROM notices WHERE school_id = $1 AND withdrawn_at IS NULL
        AND visible_from <= now() AND (visible_until IS NULL OR visible_until > now())
    ORDER BY is_pinned DESC, visible_from DESC, id LIMIT 20
) n
JOIN persons p ON p.school_id = n.school_id AND p.id = n.author_id
