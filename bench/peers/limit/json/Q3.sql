-- $1 school, $2 person.
SELECT json_build_object('data', json_build_object('notices', json_build_object('nodes', coalesce((
    SELECT json_agg(json_build_object(
        'id', 'Notice:' || $1 || '-' || n.id,
        'title', n.title,
        'body', n.body,
        'visibleFrom', to_char(n.visible_from, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'isPinned', n.is_pinned,
        'authorName', p.full_name,
        'isRead', EXISTS (SELECT FROM notice_receipts r
            WHERE r.school_id = $1 AND r.notice_id = n.id AND r.person_id = $2),
        'readCount', (SELECT count(*) FROM notice_receipts r
            WHERE r.school_id = $1 AND r.notice_id = n.id),
        'attachments', coalesce((
            SELECT json_agg(json_build_object('fileName', f.name, 'mediaType', f.media_type,
                'size', f.size) ORDER BY a.position, a.id)
            FROM notice_attachments a JOIN files f ON f.school_id = a.school_id AND f.id = a.file_id
            WHERE a.school_id = $1 AND a.notice_id = n.id), '[]')
    ) ORDER BY n.is_pinned DESC, n.visible_from DESC, n.id)
    FROM (
        SELECT * FROM notices WHERE school_id = $1 AND withdrawn_at IS NULL
            AND visible_from <= now() AND (visible_until IS NULL OR visible_until > now())
        ORDER BY is_pinned DESC, visible_from DESC, id LIMIT 20
    ) n
    JOIN persons p ON p.school_id = n.school_id AND p.id = n.author_id), '[]'))))::text
