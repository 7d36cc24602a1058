-- $1 school, $2 student, $3 and $4 days.
SELECT json_build_object('data', json_build_object('diary', json_build_object('days', coalesce((
    SELECT json_agg(json_build_object('date', d.date, 'lessons', d.lessons) ORDER BY d.date)
    FROM (
        SELECT l.date, json_agg(json_build_object(
            'startsAt', l.starts_at,
            'subject', json_build_object('name', s.name),
            'teacher', json_build_object('shortName', p.short_name),
            'room', CASE WHEN r.id IS NOT NULL THEN json_build_object('number', r.number) END,
            'topic', l.topic,
            'homework', CASE WHEN h.id IS NOT NULL THEN json_build_object('text', h.text) END,
            'marks', coalesce((
                SELECT json_agg(json_build_object('value', k.value, 'kind', k.kind, 'assignment',
                    json_build_object('title', a.title, 'weight', a.weight::text)) ORDER BY k.id)
                FROM marks k
                JOIN assignments a ON a.school_id = k.school_id AND a.id = k.assignment_id
                WHERE k.school_id = $1 AND k.lesson_id = l.id AND k.student_id = $2
                    AND k.withdrawn_at IS NULL), '[]'),
            'attendance', (
                SELECT json_build_object('code', t.code) FROM attendance_records t
                WHERE t.school_id = $1 AND t.lesson_id = l.id AND t.student_id = $2)
        ) ORDER BY l.starts_at, l.id) AS lessons
        FROM section_memberships m
        JOIN lessons l ON l.school_id = m.school_id AND l.section_id = m.section_id
            AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date)
        JOIN sections c ON c.school_id = l.school_id AND c.id = l.section_id
        JOIN subjects s ON s.school_id = c.school_id AND s.id = c.subject_id
        JOIN staff w ON w.school_id = l.school_id AND w.id = l.staff_id
        JOIN persons p ON p.school_id = w.school_id AND p.id = w.person_id
        LEFT JOIN rooms r ON r.school_id = l.school_id AND r.id = l.room_id
        LEFT JOIN homework h ON h.school_id = l.school_id AND h.lesson_id = l.id
        WHERE m.school_id = $1 AND m.student_id = $2 AND l.status <> 'CANCELLED'
            AND l.date BETWEEN $3::text::date AND $4::text::date
        GROUP BY l.date
    ) d), '[]'))))::text
