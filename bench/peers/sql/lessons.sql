-- Lessons of a section. $1 school, $2 section, $3 and $4 days.
SELECT id, date::text AS date, topic FROM lessons
WHERE school_id = $1 AND section_id = $2 AND date BETWEEN $3::text::date AND $4::text::date
ORDER BY date, starts_at, id
