-- The noticeboard. $1 school; the viewer: $2 person, $3 oversees, $4 a family, and whom notices for
-- them may name: $5 classes, $6 sections, $7 grades; $8 how many.
SELECT n.id, n.title, n.body, to_char(n.visible_from, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS visible_from,
    n.is_pinned, p.full_name AS author_name,
    EXISTS (SELECT FROM notice_receipts r WHERE r.school_id = $1 AND r.notice_id = n.id
        AND r.person_id = $2) AS is_read
FROM notices n JOIN persons p ON p.school_id = n.school_id AND p.id = n.author_id
WHERE n.school_id = $1 AND n.withdrawn_at IS NULL AND n.visible_from <= now()
    AND (n.visible_until IS NULL OR n.visible_until > now())
    AND ($3::boolean OR n.author_id = $2 OR EXISTS (
        SELECT FROM notice_targets t WHERE t.school_id = $1 AND t.notice_id = n.id AND (
            t.person_id = $2
            OR CASE WHEN $4::boolean THEN t.to_guardians ELSE t.to_staff END
                AND (t.kind = 'SCHOOL' OR t.school_class_id = ANY($5::bigint[])
                    OR t.section_id = ANY($6::bigint[]) OR t.grade_level = ANY($7::bigint[])))))
ORDER BY n.is_pinned DESC, n.visible_from DESC, n.id
LIMIT $8
