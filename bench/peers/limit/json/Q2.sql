-- $1 school, $2 section, $3 and $4 days.
WITH held AS MATERIALIZED (
    SELECT id, date, starts_at, topic, status FROM lessons
    WHERE school_id = $1 AND section_id = $2 AND date BETWEEN $3::text::date AND $4::text::date
), put AS (
    SELECT lesson_id, student_id, json_agg(json_build_object('value', value, 'kind', kind)
        ORDER BY id) AS marks
    FROM marks WHERE school_id = $1 AND lesson_id IN (SELECT id FROM held WHERE status <> 'CANCELLED')
        AND withdrawn_at IS NULL
    GROUP BY 1, 2
), cells AS (
    SELECT lesson_id, student_id, put.marks, a.code
    FROM put FULL JOIN (
        SELECT lesson_id, student_id, code FROM attendance_records
        WHERE school_id = $1 AND lesson_id IN (SELECT id FROM held WHERE status <> 'CANCELLED')
    ) a USING (lesson_id, student_id)
)
SELECT json_build_object('data', json_build_object('journal', json_build_object(
    'students', coalesce((
        SELECT json_agg(json_build_object('id', 'Student:' || $1 || '-' || s.id,
            'fullName', p.full_name) ORDER BY p.sort_key, s.id)
        FROM students s JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
        WHERE s.school_id = $1 AND s.id IN (
            SELECT m.student_id FROM section_memberships m
            WHERE m.school_id = $1 AND m.section_id = $2 AND m.valid_from <= $4::text::date
                AND (m.valid_to IS NULL OR m.valid_to > $3::text::date))), '[]'),
    'lessons', coalesce((
        SELECT json_agg(json_build_object('id', 'Lesson:' || $1 || '-' || l.id, 'date', l.date,
            'topic', l.topic, 'assignments', coalesce((
                SELECT json_agg(json_build_object('id', 'Assignment:' || $1 || '-' || a.id,
                    'title', a.title, 'weight', a.weight::text) ORDER BY a.id)
                FROM assignments a WHERE a.school_id = $1 AND a.lesson_id = l.id), '[]'))
            ORDER BY l.date, l.starts_at, l.id)
        FROM held l), '[]'),
    'cells', coalesce((
        SELECT json_agg(json_build_object('studentId', 'Student:' || $1 || '-' || c.student_id,
            'lessonId', 'Lesson:' || $1 || '-' || c.lesson_id,
            'marks', coalesce(c.marks, '[]'),
            'attendance', CASE WHEN c.code IS NOT NULL THEN json_build_object('code', c.code) END)
            ORDER BY c.lesson_id, c.student_id)
        FROM cells c), '[]'))))::text
