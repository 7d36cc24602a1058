-- Marks of students in lessons, with what they are for. $1 school; the viewer: $2 oversees,
-- $3 sections taught, $4 wards, $5 a family; $6 lessons, $7 their students.
SELECT m.lesson_id, m.student_id, m.value::int AS value, m.kind, a.title, a.weight::text AS weight
FROM unnest($6::bigint[], $7::bigint[]) AS k (lesson_id, student_id)
JOIN marks m ON m.school_id = $1 AND m.lesson_id = k.lesson_id AND m.student_id = k.student_id
JOIN assignments a ON a.school_id = m.school_id AND a.id = m.assignment_id
WHERE m.withdrawn_at IS NULL
    AND ($2::boolean OR m.section_id = ANY($3::bigint[])
        OR m.student_id = ANY($4::bigint[]) AND (NOT $5::boolean OR m.published_at <= now()))
ORDER BY m.id
