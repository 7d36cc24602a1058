-- $1 school, $2 section, $3 and $4 days.
WITH held AS MATERIALIZED (
    SELECT id, date, starts_at, topic, status FROM lessons
    WHERE school_id = $1 AND section_id = $2 AND date BETWEEN $3::text::date AND $4::text::date
), put AS (
    SELECT lesson_id, student_id, string_agg('{"value":' || coalesce(value::text, 'null')
        || ',"kind":"' || kind || '"}', ',' ORDER BY id) AS marks
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
SELECT '{"data":{"journal":{"students":[' || coalesce((
        SELECT string_agg('{"id":"Student:' || $1 || '-' || s.id || '","fullName":'
            || to_json(p.full_name)::text || '}', ',' ORDER BY p.sort_key, s.id)
        FROM students s JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id
        WHERE s.school_id = $1 AND s.id IN (
            SELECT m.student_id FROM section_memberships m
            WHERE m.school_id = $1 AND m.section_id = $2 AND m.valid_from <= $4::text::date
                AND (m.valid_to IS NULL OR m.valid_to > $3::text::date))), '')
    || '],"lessons":[' || coalesce((
        SELECT string_agg('{"id":"Lesson:' || $1 || '-' || l.id || '","date":"' || l.date
            || '","topic":' || coalesce(to_json(l.topic)::text, 'null') || ',"assignments":['
            || coalesce((
                SELECT string_agg('{"id":"Assignment:' || $1 || '-' || a.id || '","title":'
                    || to_json(a.title)::text || ',"weight":"' || a.weight || '"}', ',' ORDER BY a.id)
                FROM assignments a WHERE a.school_id = $1 AND a.lesson_id = l.id), '')
            || ']}', ',' ORDER BY l.date, l.starts_at, l.id)
        FROM held l), '')
    || '],"cells":[' || coalesce((
        SELECT string_agg('{"studentId":"Student:' || $1 || '-' || c.student_id
            || '","lessonId":"Lesson:' || $1 || '-' || c.lesson_id
            || '","marks":[' || coalesce(c.marks, '') || '],"attendance":'
            || coalesce('{"code":"' || c.code || '"}', 'null') || '}', ','
            ORDER BY c.lesson_id, c.student_id)
        FROM cells c), '')
    || ']}}}'
