-- What waits to be read; parameters as in notices.sql.
SELECT (
    SELECT count(*)::int FROM notices n
    WHERE n.school_id = $1 AND n.withdrawn_at IS NULL AND n.visible_from <= now()
        AND (n.visible_until IS NULL OR n.visible_until > now()) AND n.author_id <> $2
        AND EXISTS (
            SELECT FROM notice_targets t WHERE t.school_id = $1 AND t.notice_id = n.id AND (
                t.person_id = $2
                OR CASE WHEN $3::boolean THEN t.to_guardians ELSE t.to_staff END
                    AND (t.kind = 'SCHOOL' OR t.school_class_id = ANY($4::bigint[])
                        OR t.section_id = ANY($5::bigint[]) OR t.grade_level = ANY($6::bigint[]))))
        AND NOT EXISTS (SELECT FROM notice_receipts r WHERE r.school_id = $1 AND r.notice_id = n.id
            AND r.person_id = $2)
) AS notices, (
    SELECT count(*)::int FROM mail_copies c
    WHERE c.school_id = $1 AND c.person_id = $2 AND c.folder = 'INBOX' AND c.read_at IS NULL
) AS mail
