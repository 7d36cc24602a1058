-- $1 school, $2 class, $3 term.
WITH over AS MATERIALIZED (
    SELECT t.name, t.starts_on, t.ends_on,
        least(t.ends_on, (now() AT TIME ZONE c.time_zone)::date) AS day
    FROM terms t JOIN schools c ON c.id = t.school_id WHERE t.school_id = $1 AND t.id = $3
), studied AS MATERIALIZED (
    SELECT s.id, s.student_id, s.section_id, s.subject_id
    FROM over
    JOIN class_memberships m ON m.school_id = $1 AND m.school_class_id = $2
        AND m.valid_from <= over.day AND (m.valid_to IS NULL OR m.valid_to > over.day)
    JOIN section_memberships s ON s.school_id = $1 AND s.student_id = m.student_id
        AND s.valid_from <= over.day AND (s.valid_to IS NULL OR s.valid_to > over.day)
), averages AS MATERIALIZED (
    -- Not joined but put under one another: nobody knows how many marks there are to a student.
    SELECT g.student_id, max(g.id) AS id, g.subject_id,
        round(sum(g.value * g.weight) / sum(g.weight), 2)::text AS weighted_average,
        count(g.value)::int AS mark_count
    FROM (
        SELECT student_id, subject_id, id, NULL::bigint AS value, NULL::numeric AS weight
        FROM studied
        UNION ALL
        -- In every section of the subject in which the student was: a subgroup may have changed.
        SELECT m.student_id, x.subject_id, NULL, m.value, a.weight
        FROM over
        JOIN lessons l ON l.school_id = $1 AND l.section_id IN (
                SELECT w.section_id FROM section_memberships w
                WHERE w.school_id = $1 AND w.student_id IN (SELECT student_id FROM studied))
            AND l.date BETWEEN over.starts_on AND over.ends_on AND l.status <> 'CANCELLED'
        JOIN sections x ON x.school_id = $1 AND x.id = l.section_id
        JOIN assignments a ON a.school_id = $1 AND a.lesson_id = l.id AND a.weight > 0
        JOIN marks m ON m.school_id = $1 AND m.assignment_id = a.id
        WHERE m.kind = 'NUMERIC' AND m.withdrawn_at IS NULL
    ) g
    GROUP BY g.student_id, g.subject_id HAVING max(g.id) IS NOT NULL
), rows AS (
    SELECT u.id, p.full_name, p.sort_key, string_agg('{"subject":{"name":' || to_json(j.name)::text
        || '},"weightedAverage":' || coalesce('"' || a.weighted_average || '"', 'null')
        || ',"markCount":' || a.mark_count || '}', ','
        ORDER BY j.position, a.id) AS averages
    FROM averages a
    JOIN students u ON u.school_id = $1 AND u.id = a.student_id
    JOIN persons p ON p.school_id = $1 AND p.id = u.person_id
    JOIN subjects j ON j.school_id = $1 AND j.id = a.subject_id
    GROUP BY u.id, p.full_name, p.sort_key
)
SELECT '{"data":{"classAverages":{"schoolClass":{"name":'
    || (SELECT to_json(grade_level || letter)::text FROM school_classes
        WHERE school_id = $1 AND id = $2)
    || '},"term":{"name":' || (SELECT to_json(name)::text FROM over)
    || '},"rows":[' || (SELECT string_agg('{"studentId":"Student:' || $1 || '-' || id
        || '","fullName":' || to_json(full_name)::text || ',"averages":[' || averages || ']}', ','
        ORDER BY sort_key, id) FROM rows)
    || ']}}}'
