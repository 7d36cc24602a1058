-- compiled
SELECT (SELECT '{"totalCount":' || (SELECT count(*)
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND true)
AND (students.status = 'ENROLLED')) || ',"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"fullName":' || to_json(t3.full_name)::text || ',"schoolClass":' || coalesce((SELECT '{"name":' || to_json((CAST(t5.grade_level AS TEXT) || t5.letter))::text || '}'
FROM class_memberships AS t4
JOIN school_classes AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.school_class_id
WHERE t4.school_id = $1::BIGINT
AND (t4.valid_from <= $2::DATE
AND (t4.valid_to IS NULL
OR t4.valid_to > $2::DATE))
AND (t5.school_id = $1::BIGINT
AND true)
AND t4.student_id = students.id
ORDER BY t4.id
LIMIT 1), 'null') || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 10) AS c0, count(*) AS n
FROM (SELECT students.*, row_number() OVER (ORDER BY t2.sort_key ASC, students.id ASC) AS rn
FROM students AS students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = students.person_id
WHERE (students.school_id = $1::BIGINT
AND true)
AND (students.status = 'ENROLLED')
ORDER BY t2.sort_key ASC, students.id ASC
LIMIT 11) AS students INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = students.person_id) p)
