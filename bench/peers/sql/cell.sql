-- A cell of the journal that a teacher is about to write, held until they have, and what speaks
-- against it. $1 school, $2 assignment, $3 student; the viewer: $4 sections taught, $5 wards.
SELECT a.section_id, a.lesson_id, s.scale, t.status = 'CLOSED' AS is_closed,
    l.date > (now() AT TIME ZONE c.time_zone)::date AS is_to_come,
    greatest(now(), a.publish_at) AS published_at,
    EXISTS (SELECT FROM section_memberships m
        WHERE m.school_id = $1 AND m.section_id = a.section_id AND m.student_id = $3
            AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date)) AS is_member,
    (a.due_on IS NULL OR a.due_on <= l.date) AND EXISTS (SELECT FROM attendance_records r
        WHERE r.school_id = $1 AND r.lesson_id = a.lesson_id AND r.student_id = $3
            AND r.code IN ('EXCUSED', 'ILLNESS', 'UNEXCUSED', 'ABSENT')) AS is_away
FROM assignments a
JOIN lessons l ON l.school_id = a.school_id AND l.id = a.lesson_id
JOIN sections s ON s.school_id = a.school_id AND s.id = a.section_id
JOIN schools c ON c.id = a.school_id
JOIN terms t ON t.school_id = s.school_id AND t.academic_year_id = s.academic_year_id
    AND t.term_type_id = s.term_type_id AND l.date BETWEEN t.starts_on AND t.ends_on
WHERE a.school_id = $1 AND a.id = $2
    AND (a.section_id = ANY($4::bigint[]) OR $3 = ANY($5::bigint[]))
FOR SHARE OF t
