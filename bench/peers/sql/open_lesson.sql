-- A lesson whose attendance a teacher is about to record, held until they have, and what speaks
-- against it. $1 school, $2 lesson; the viewer: $3 sections taught, $4 classes led.
SELECT l.section_id, l.date::text AS date, l.status = 'CANCELLED' AS is_cancelled,
    t.status = 'CLOSED' AS is_closed, y.status = 'ARCHIVED' AS is_archived,
    l.date > (now() AT TIME ZONE c.time_zone)::date AS is_to_come
FROM lessons l
JOIN sections s ON s.school_id = l.school_id AND s.id = l.section_id
JOIN schools c ON c.id = l.school_id
JOIN terms t ON t.school_id = s.school_id AND t.academic_year_id = s.academic_year_id
    AND t.term_type_id = s.term_type_id AND l.date BETWEEN t.starts_on AND t.ends_on
JOIN academic_years y ON y.school_id = t.school_id AND y.id = t.academic_year_id
WHERE l.school_id = $1 AND l.id = $2
    AND (l.section_id = ANY($3::bigint[]) OR s.school_class_id = ANY($4::bigint[]))
FOR NO KEY UPDATE OF l FOR SHARE OF t, y
