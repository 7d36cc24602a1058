-- A lesson. $1 school, $2 lesson; the viewer: $3 oversees, $4 sections known.
SELECT id, date::text AS date, status, topic, version::int AS version FROM lessons
WHERE school_id = $1 AND id = $2 AND ($3::boolean OR section_id = ANY($4::bigint[]))
