-- Who was in a section. $1 school; the viewer: $2 oversees, $3 pupils; $4 section, $5, $6 days.
SELECT s.id, p.full_name
FROM students s JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
WHERE s.school_id = $1 AND ($2::boolean OR s.id = ANY($3::bigint[])) AND s.id IN (
    SELECT m.student_id FROM section_memberships m
    WHERE m.school_id = $1 AND m.section_id = $4 AND m.valid_from <= $6::text::date
        AND (m.valid_to IS NULL OR m.valid_to > $5::text::date))
ORDER BY p.sort_key, s.id
