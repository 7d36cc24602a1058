-- $1 school, $2 and $3 students, $4 day, $5 person.
WITH diaries AS MATERIALIZED (
    SELECT student_id, '{"days":[{"date":"' || $4 || '","lessons":[' || lessons || ']}]}' AS diary
    FROM (
        SELECT m.student_id, string_agg('{"startsAt":"' || l.starts_at
            || '","subject":{"name":' || to_json(s.name)::text
            || '},"teacher":{"shortName":' || to_json(p.short_name)::text
            || '},"room":' || coalesce('{"number":' || to_json(r.number)::text || '}', 'null')
            || ',"topic":' || coalesce(to_json(l.topic)::text, 'null')
            || ',"homework":' || coalesce('{"text":' || to_json(h.text)::text || '}', 'null')
            || ',"marks":[' || coalesce((
                SELECT string_agg('{"value":' || coalesce(k.value::text, 'null') || ',"kind":"'
                    || k.kind || '","assignment":{"title":' || to_json(a.title)::text
                    || ',"weight":"' || a.weight || '"}}', ',' ORDER BY k.id)
                FROM marks k
                JOIN assignments a ON a.school_id = k.school_id AND a.id = k.assignment_id
                WHERE k.school_id = $1 AND k.lesson_id = l.id AND k.student_id = m.student_id
                    AND k.withdrawn_at IS NULL), '')
            || '],"attendance":' || coalesce((
                SELECT '{"code":"' || t.code || '"}' FROM attendance_records t
                WHERE t.school_id = $1 AND t.lesson_id = l.id AND t.student_id = m.student_id), 'null')
            || '}', ',' ORDER BY l.starts_at, l.id) AS lessons
        FROM section_memberships m
        JOIN lessons l ON l.school_id = m.school_id AND l.section_id = m.section_id
            AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date)
        JOIN sections c ON c.school_id = l.school_id AND c.id = l.section_id
        JOIN subjects s ON s.school_id = c.school_id AND s.id = c.subject_id
        JOIN staff w ON w.school_id = l.school_id AND w.id = l.staff_id
        JOIN persons p ON p.school_id = w.school_id AND p.id = w.person_id
        LEFT JOIN rooms r ON r.school_id = l.school_id AND r.id = l.room_id
        LEFT JOIN homework h ON h.school_id = l.school_id AND h.lesson_id = l.id
        WHERE m.school_id = $1 AND m.student_id IN ($2, $3) AND l.status <> 'CANCELLED'
            AND l.date = $4::text::date
        GROUP BY m.student_id
    ) d
), classes AS (
    SELECT c.id, c.grade_level FROM class_memberships m
    JOIN school_classes c ON c.school_id = m.school_id AND c.id = m.school_class_id
    WHERE m.school_id = $1 AND m.student_id IN ($2, $3) AND m.valid_to IS NULL
), meant AS MATERIALIZED (
    SELECT n.* FROM notices n
    WHERE n.school_id = $1 AND n.withdrawn_at IS NULL AND n.visible_from <= now()
        AND (n.visible_until IS NULL OR n.visible_until > now()) AND EXISTS (
            SELECT FROM notice_targets t
            WHERE t.school_id = $1 AND t.notice_id = n.id AND (t.person_id = $5 OR t.to_guardians AND (
                t.kind = 'SCHOOL' OR t.school_class_id IN (SELECT id FROM classes)
                OR t.grade_level IN (SELECT grade_level FROM classes)
                OR t.section_id IN (
                    SELECT m.section_id FROM section_memberships m WHERE m.school_id = $1
                        AND m.student_id IN ($2, $3) AND m.valid_to IS NULL))))
)
SELECT '{"data":{"school":' || (
        SELECT '{"shortName":' || to_json(short_name)::text || ',"timeZone":"' || time_zone || '"}'
        FROM schools WHERE id = $1)
    || ',"elder":' || coalesce((SELECT diary FROM diaries WHERE student_id = $2), '{"days":[]}')
    || ',"younger":' || coalesce((SELECT diary FROM diaries WHERE student_id = $3), '{"days":[]}')
    || ',"notices":{"nodes":[' || coalesce((
        SELECT string_agg('{"id":"Notice:' || $1 || '-' || n.id
            || '","title":' || to_json(n.title)::text
            || ',"visibleFrom":"' || to_char(n.visible_from, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            || '","isPinned":' || n.is_pinned
            || ',"authorName":' || to_json(p.full_name)::text
            || ',"isRead":' || EXISTS (SELECT FROM notice_receipts r
                WHERE r.school_id = $1 AND r.notice_id = n.id AND r.person_id = $5)
            || '}', ',' ORDER BY n.is_pinned DESC, n.visible_from DESC, n.id)
        FROM (SELECT * FROM meant ORDER BY is_pinned DESC, visible_from DESC, id LIMIT 5) n
        JOIN persons p ON p.school_id = n.school_id AND p.id = n.author_id), '')
    || ']},"mailbox":{"nodes":[' || coalesce((
        SELECT string_agg('{"id":"MailCopy:' || $1 || '-' || c.id
            || '","at":"' || to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            || '","readAt":' || coalesce('"' || to_char(c.read_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"', 'null')
            || ',"message":{"subject":' || to_json(c.subject)::text
            || ',"senderName":' || to_json(c.full_name)::text || '}}', ','
            ORDER BY c.at DESC, c.id)
        FROM (SELECT c.id, c.at, c.read_at, m.subject, p.full_name
            FROM mail_copies c
            JOIN mail_messages m ON m.school_id = c.school_id AND m.id = c.message_id
            JOIN persons p ON p.school_id = m.school_id AND p.id = m.sender_id
            WHERE c.school_id = $1 AND c.person_id = $5 AND c.folder = 'INBOX'
            ORDER BY c.at DESC, c.id LIMIT 5) c), '')
    || ']},"unreadCounts":{"notices":' || (SELECT count(*) FROM meant n WHERE n.author_id <> $5 AND NOT EXISTS (
        SELECT FROM notice_receipts r
        WHERE r.school_id = $1 AND r.notice_id = n.id AND r.person_id = $5))
    || ',"mail":' || (SELECT count(*) FROM mail_copies WHERE school_id = $1 AND person_id = $5
        AND folder = 'INBOX' AND read_at IS NULL)
    || '}}}'
