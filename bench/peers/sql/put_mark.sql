-- Puts a mark and its revision; gives nothing if the mark that is there is of another version.
-- $1 school, $2 assignment, $3 student, $4 section, $5 lesson, $6 author, $7 kind, $8 value,
-- $9 comment, $10 when, $11 when families see it, $12 expected version, $13 reason.
WITH old AS (
    SELECT id, kind, value, version, withdrawn_at FROM marks
    WHERE school_id = $1 AND assignment_id = $2 AND student_id = $3 FOR UPDATE
), put AS (
    INSERT INTO marks AS m (school_id, assignment_id, student_id, section_id, lesson_id, author_id,
        kind, value, comment, set_at, published_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
    WHERE $12::bigint IS NULL OR EXISTS (SELECT FROM old)
    ON CONFLICT (school_id, assignment_id, student_id) DO UPDATE SET version = m.version + 1,
        kind = excluded.kind, value = excluded.value, comment = excluded.comment,
        author_id = excluded.author_id, set_at = excluded.set_at, withdrawn_at = NULL
        WHERE m.version = $12 OR m.withdrawn_at IS NOT NULL AND $12 IS NULL
    RETURNING id
), revised AS (
    INSERT INTO mark_revisions (school_id, mark_id, author_id, old_kind, old_value, new_kind,
        new_value, reason, source, at)
    SELECT $1, put.id, $6, CASE WHEN old.withdrawn_at IS NULL THEN old.kind END,
        CASE WHEN old.withdrawn_at IS NULL THEN old.value END, $7, $8, $13, 'JOURNAL', $10
    FROM put LEFT JOIN old ON true
)
SELECT id FROM put
