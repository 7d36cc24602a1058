-- A student's lessons and what each has one of. $1 school, $2 student, $3 and $4 days, both in.
SELECT l.id AS lesson_id, m.student_id, l.date::text AS date, l.starts_at::text AS starts_at, l.topic,
    s.name AS subject_name, p.short_name AS teacher_name, r.number AS room_number,
    h.text AS homework_text
FROM section_memberships m
JOIN lessons l ON l.school_id = m.school_id AND l.section_id = m.section_id
    AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date)
JOIN sections c ON c.school_id = l.school_id AND c.id = l.section_id
JOIN subjects s ON s.school_id = c.school_id AND s.id = c.subject_id
JOIN staff w ON w.school_id = l.school_id AND w.id = l.staff_id
JOIN persons p ON p.school_id = w.school_id AND p.id = w.person_id
LEFT JOIN rooms r ON r.school_id = l.school_id AND r.id = l.room_id
LEFT JOIN homework h ON h.school_id = l.school_id AND h.lesson_id = l.id
WHERE m.school_id = $1 AND m.student_id = $2 AND l.date BETWEEN $3::text::date AND $4::text::date
    AND l.status <> 'CANCELLED'
ORDER BY l.date, l.starts_at, l.id
