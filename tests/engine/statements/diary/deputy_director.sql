-- compiled
SELECT coalesce((SELECT '{"days":[' || coalesce((SELECT string_agg('{"date":"' || g.k || '","lessons":[' || coalesce(g.a1, '') || ']}', ','
ORDER BY g.k)
FROM (SELECT *
FROM (SELECT diary_lessons.date AS k, string_agg('{"startsAt":"' || diary_lessons.starts_at || '","subject":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t2.name)::text || '}' END || ',"teacher":' || CASE WHEN t3.id IS NULL
THEN 'null'
ELSE '{"shortName":' || to_json(t4.short_name)::text || '}' END || ',"room":' || CASE WHEN t5.id IS NULL
THEN 'null'
ELSE '{"number":' || to_json(t5.number)::text || '}' END || ',"topic":' || coalesce(to_json(diary_lessons.topic)::text, 'null') || ',"homework":' || coalesce((SELECT '{"text":' || to_json(t6.text)::text || '}'
FROM homework AS t6
WHERE t6.school_id = $1::BIGINT
AND t6.lesson_id = diary_lessons.id), 'null') || ',"marks":[' || coalesce((SELECT string_agg('{"value":' || coalesce((t7.value)::text, 'null') || ',"kind":"' || t7.kind || '","assignment":' || CASE WHEN t8.id IS NULL
THEN 'null'
ELSE '{"title":' || to_json(t8.title)::text || ',"weight":"' || t8.weight || '"}' END || '}', ','
ORDER BY t7.id)
FROM marks AS t7 INNER
JOIN assignments AS t8 ON t8.school_id = $1::BIGINT
AND t8.id = t7.assignment_id
WHERE t7.school_id = $1::BIGINT
AND t7.student_id = diary_lessons.student_id
AND (t7.school_id = $1::BIGINT
AND t7.withdrawn_at IS NULL)
AND t7.lesson_id = diary_lessons.id), '') || '],"attendance":' || coalesce((SELECT '{"code":"' || t9.code || '"}'
FROM attendance_records AS t9
WHERE t9.school_id = $1::BIGINT
AND t9.student_id = diary_lessons.student_id
AND (t9.school_id = $1::BIGINT
AND true)
AND t9.lesson_id = diary_lessons.id), 'null') || '}', ','
ORDER BY diary_lessons.date, diary_lessons.starts_at, diary_lessons.id) AS a1
FROM (SELECT lessons.school_id AS school_id, lessons.id AS id, lessons.version AS version, lessons.section_id AS section_id, lessons.staff_id AS staff_id, lessons.room_id AS room_id, lessons.date AS date, lessons.starts_at AS starts_at, lessons.ends_at AS ends_at, lessons.ordinal AS ordinal, lessons.status AS status, lessons.topic AS topic, lessons.moved_from AS moved_from, section_memberships.student_id AS student_id
FROM lessons
JOIN section_memberships ON section_memberships.school_id = lessons.school_id
AND section_memberships.section_id = lessons.section_id
AND section_memberships.valid_from <= lessons.date
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > lessons.date)) AS diary_lessons INNER
JOIN sections AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = diary_lessons.section_id INNER
JOIN subjects AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = t1.subject_id INNER
JOIN staff AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = diary_lessons.staff_id INNER
JOIN persons AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.person_id
LEFT
JOIN rooms AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = diary_lessons.room_id
WHERE (diary_lessons.school_id = $1::BIGINT
AND true)
AND (diary_lessons.student_id = $2::BIGINT)
AND (diary_lessons.date BETWEEN $3::DATE
AND $4::DATE)
GROUP BY 1) a) g), '') || ']}'
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND true)
AND (students.id = $2::BIGINT)), 'null')
