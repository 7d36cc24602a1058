-- Records as present everybody in a section of whom a lesson has no record, and that the lesson was
-- held; gives those students. $1 school, $2 lesson, $3 section, $4 day, $5 author, $6 when.
WITH members AS (
    SELECT student_id FROM section_memberships
    WHERE school_id = $1 AND section_id = $3 AND valid_from <= $4::text::date
        AND (valid_to IS NULL OR valid_to > $4::text::date)
    FOR SHARE
), recorded AS (
    INSERT INTO attendance_records (school_id, lesson_id, section_id, student_id, author_id, code,
        set_at)
    SELECT $1, $2, $3, student_id, $5, 'PRESENT', $6 FROM members ORDER BY student_id
    ON CONFLICT DO NOTHING
    RETURNING student_id
), held AS (
    UPDATE lessons SET status = 'CONDUCTED', version = version + 1
    WHERE school_id = $1 AND id = $2 AND status = 'PLANNED'
)
SELECT student_id FROM recorded
