-- compiled
WITH k1(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = $2::BIGINT
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $4::DATE)),
k2(k) AS (SELECT students.id
FROM students
WHERE students.school_id = $1::BIGINT
AND students.id = $5::BIGINT),
k3(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.student_id = ANY(ARRAY(SELECT k
FROM k2))),
k4(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = $2::BIGINT), t3 AS MATERIALIZED (SELECT lessons.id
FROM lessons AS lessons
WHERE (lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date))))
AND (lessons.section_id = $2::BIGINT)
AND (lessons.date BETWEEN $4::DATE
AND $3::DATE)), t5 AS MATERIALIZED (SELECT t4.lesson_id AS k, string_agg('{"id":"Assignment:' || $6::TEXT || '-' || t4.id || '","title":' || to_json(t4.title)::text || ',"weight":"' || t4.weight || '"}', ','
ORDER BY t4.id, t4.id) AS c
FROM assignments AS t4
WHERE t4.school_id = $1::BIGINT
AND t4.lesson_id = ANY(ARRAY(SELECT id
FROM t3))
GROUP BY 1) SELECT coalesce((SELECT '{"students":[' || coalesce((SELECT string_agg('{"id":"Student:' || $6::TEXT || '-' || journal_students.student_id || '","fullName":' || to_json(t2.full_name)::text || '}', ','
ORDER BY t2.sort_key, journal_students.id)
FROM (SELECT section_memberships.school_id AS school_id, section_memberships.student_id AS id, max(section_memberships.version) AS version, section_memberships.section_id AS section_id, section_memberships.student_id AS student_id, students.person_id AS person_id
FROM section_memberships
JOIN students ON students.school_id = section_memberships.school_id
AND students.id = section_memberships.student_id
GROUP BY section_memberships.school_id, section_memberships.section_id, section_memberships.student_id, students.person_id) AS journal_students INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = journal_students.person_id
WHERE (journal_students.school_id = $1::BIGINT
AND journal_students.student_id = $5::BIGINT)
AND (journal_students.section_id = $2::BIGINT)
AND (journal_students.student_id = ANY(ARRAY(SELECT k
FROM k1))
OR (EXISTS (SELECT attendance_records.id
FROM attendance_records
WHERE attendance_records.school_id = $1::BIGINT
AND attendance_records.section_id = $2::BIGINT
AND attendance_records.student_id = journal_students.student_id
AND attendance_records.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date)))
AND lessons.section_id = $2::BIGINT
AND lessons.date BETWEEN $4::DATE
AND $3::DATE)))
OR (EXISTS (SELECT marks.id
FROM marks
WHERE marks.school_id = $1::BIGINT
AND marks.section_id = $2::BIGINT
AND marks.student_id = journal_students.student_id
AND marks.withdrawn_at IS NULL
AND marks.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date)))
AND lessons.section_id = $2::BIGINT
AND lessons.date BETWEEN $4::DATE
AND $3::DATE))))), '') || '],"lessons":[' || coalesce((SELECT string_agg('{"id":"Lesson:' || $6::TEXT || '-' || lessons.id || '","date":"' || lessons.date || '","topic":' || coalesce(to_json(lessons.topic)::text, 'null') || ',"assignments":[' || coalesce(t5.c, '') || ']}', ','
ORDER BY lessons.date, lessons.starts_at, lessons.id)
FROM lessons AS lessons
LEFT
JOIN t5 ON t5.k = lessons.id
WHERE (lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date))))
AND (lessons.section_id = $2::BIGINT)
AND (lessons.date BETWEEN $4::DATE
AND $3::DATE)), '') || '],"cells":[' || coalesce((SELECT string_agg('{"studentId":"Student:' || $6::TEXT || '-' || k.student_id || '","lessonId":"Lesson:' || $6::TEXT || '-' || k.lesson_id || '","marks":[' || coalesce(k.a1, '') || '],"attendance":' || coalesce(k.b1, 'null') || '}', ','
ORDER BY k.lesson_id, k.student_id)
FROM (SELECT *
FROM (SELECT marks.lesson_id, marks.student_id, string_agg('{"value":' || coalesce((marks.value)::text, 'null') || ',"kind":"' || marks.kind || '"}', ','
ORDER BY marks.id) AS a1
FROM marks AS marks
WHERE (marks.school_id = $1::BIGINT
AND marks.student_id = $5::BIGINT
AND marks.published_at <= $7::TIMESTAMP WITH TIME ZONE
AND marks.withdrawn_at IS NULL)
AND (marks.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date)))
AND lessons.section_id = $2::BIGINT
AND lessons.date BETWEEN $4::DATE
AND $3::DATE))
AND (marks.student_id = ANY(ARRAY(SELECT k
FROM k4)))
AND (true)
GROUP BY 1, 2) a FULL
JOIN (SELECT attendance_records.lesson_id, attendance_records.student_id, '{"code":"' || attendance_records.code || '"}' AS b1
FROM attendance_records AS attendance_records
WHERE (attendance_records.school_id = $1::BIGINT
AND attendance_records.student_id = $5::BIGINT)
AND (attendance_records.lesson_id IN (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.section_id = lessons.section_id
AND section_memberships_1.student_id = ANY(ARRAY(SELECT k
FROM k2))
AND section_memberships_1.valid_from <= lessons.date
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > lessons.date)))
AND lessons.section_id = $2::BIGINT
AND lessons.date BETWEEN $4::DATE
AND $3::DATE))
AND (attendance_records.student_id = ANY(ARRAY(SELECT k
FROM k4)))
AND (true)) b USING (lesson_id, student_id)) k), '') || ']}'
FROM sections AS sections
WHERE (sections.school_id = $1::BIGINT
AND sections.id = ANY(ARRAY(SELECT k
FROM k3)))
AND (sections.id = $2::BIGINT)), 'null')
