-- A mark with whose it is and what it is for. $1 school; the viewer: $2 oversees, $3 sections
-- taught, $4 wards, $5 a family; $6 assignment, $7 student.
SELECT m.id, m.value::int AS value, m.kind, m.version::int AS version, m.student_id, p.full_name,
    m.assignment_id, a.title, a.weight::text AS weight
FROM marks m
JOIN assignments a ON a.school_id = m.school_id AND a.id = m.assignment_id
JOIN students s ON s.school_id = m.school_id AND s.id = m.student_id
JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
WHERE m.school_id = $1 AND m.assignment_id = $6 AND m.student_id = $7 AND m.withdrawn_at IS NULL
    AND ($2::boolean OR m.section_id = ANY($3::bigint[])
        OR m.student_id = ANY($4::bigint[]) AND (NOT $5::boolean OR m.published_at <= now()))
