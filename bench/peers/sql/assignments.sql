-- What marks are given for. $1 school, $2 lessons.
SELECT lesson_id, id, title, weight::text AS weight FROM assignments
WHERE school_id = $1 AND lesson_id = ANY($2::bigint[]) ORDER BY id
