-- What stands in a journal, by lesson, then student. $1 school; the viewer: $2 oversees,
-- $3 sections taught, $4 wards, $5 a family; $6 section, $7 and $8 days.
WITH held AS MATERIALIZED (
    SELECT id FROM lessons
    WHERE school_id = $1 AND section_id = $6 AND date BETWEEN $7::text::date AND $8::text::date
        AND status <> 'CANCELLED'
)
SELECT lesson_id, student_id, m.value::int AS value, m.kind, a.code
FROM (
    SELECT lesson_id, student_id, id, value, kind FROM marks m
    WHERE m.school_id = $1 AND m.lesson_id IN (SELECT id FROM held) AND m.withdrawn_at IS NULL
        AND ($2::boolean OR m.section_id = ANY($3::bigint[])
            OR m.student_id = ANY($4::bigint[]) AND (NOT $5::boolean OR m.published_at <= now()))
) m
FULL JOIN (
    SELECT lesson_id, student_id, code FROM attendance_records a
    WHERE a.school_id = $1 AND a.lesson_id IN (SELECT id FROM held)
        AND ($2::boolean OR a.section_id = ANY($3::bigint[]) OR a.student_id = ANY($4::bigint[]))
) a USING (lesson_id, student_id)
ORDER BY lesson_id, student_id, m.id
