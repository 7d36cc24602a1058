-- compiled
WITH k1(k) AS (SELECT guardian_links.student_id
FROM guardian_links
WHERE guardian_links.school_id = $1::BIGINT
AND guardian_links.guardian_id = $2::BIGINT
AND guardian_links.may_receive_info IS true
AND guardian_links.valid_from <= $3::DATE
AND (guardian_links.valid_to IS NULL
OR guardian_links.valid_to > $3::DATE)
AND guardian_links.legal_status != 'TERMINATED'
AND (guardian_links.consent_from <= $3::DATE
AND (guardian_links.consent_to IS NULL
OR guardian_links.consent_to > $3::DATE)
OR NOT coalesce((SELECT persons_1.adult_on <= $3::DATE AS of_age
FROM persons AS persons_1, students AS students_1
WHERE students_1.school_id = $1::BIGINT
AND students_1.id = guardian_links.student_id
AND persons_1.school_id = $1::BIGINT
AND persons_1.id = students_1.person_id), false))),
k2(k) AS (SELECT class_memberships.school_class_id
FROM class_memberships
WHERE class_memberships.school_id = $1::BIGINT
AND class_memberships.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND class_memberships.valid_from <= $3::DATE
AND (class_memberships.valid_to IS NULL
OR class_memberships.valid_to > $3::DATE)),
k3(k) AS (SELECT school_classes.grade_level
FROM school_classes
WHERE school_classes.school_id = $1::BIGINT
AND school_classes.id = ANY(ARRAY(SELECT k
FROM k2))),
k4(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)) SELECT coalesce((SELECT '{"shortName":' || to_json(schools.short_name)::text || ',"timeZone":' || to_json(schools.time_zone)::text || '}'
FROM schools AS schools
WHERE (schools.school_id = $1::BIGINT
AND true)
ORDER BY schools.id
LIMIT 1), 'null'), coalesce((SELECT '{"days":[' || coalesce((SELECT string_agg('{"date":"' || g.k || '","lessons":[' || coalesce(g.a1, '') || ']}', ','
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
AND t7.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND t7.published_at <= $4::TIMESTAMP WITH TIME ZONE
AND t7.withdrawn_at IS NULL)
AND t7.lesson_id = diary_lessons.id), '') || '],"attendance":' || coalesce((SELECT '{"code":"' || t9.code || '"}'
FROM attendance_records AS t9
WHERE t9.school_id = $1::BIGINT
AND t9.student_id = diary_lessons.student_id
AND (t9.school_id = $1::BIGINT
AND t9.student_id = ANY(ARRAY(SELECT k
FROM k1)))
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
AND diary_lessons.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND (diary_lessons.student_id = $5::BIGINT)
AND (diary_lessons.date BETWEEN $6::DATE
AND $6::DATE)
GROUP BY 1) a) g), '') || ']}'
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.id = $5::BIGINT)), 'null'), coalesce((SELECT '{"days":[' || coalesce((SELECT string_agg('{"date":"' || g.k || '","lessons":[' || coalesce(g.a1, '') || ']}', ','
ORDER BY g.k)
FROM (SELECT *
FROM (SELECT diary_lessons.date AS k, string_agg('{"startsAt":"' || diary_lessons.starts_at || '","subject":' || CASE WHEN t11.id IS NULL
THEN 'null'
ELSE '{"name":' || to_json(t11.name)::text || '}' END || ',"teacher":' || CASE WHEN t12.id IS NULL
THEN 'null'
ELSE '{"shortName":' || to_json(t13.short_name)::text || '}' END || ',"room":' || CASE WHEN t14.id IS NULL
THEN 'null'
ELSE '{"number":' || to_json(t14.number)::text || '}' END || ',"topic":' || coalesce(to_json(diary_lessons.topic)::text, 'null') || ',"homework":' || coalesce((SELECT '{"text":' || to_json(t15.text)::text || '}'
FROM homework AS t15
WHERE t15.school_id = $1::BIGINT
AND t15.lesson_id = diary_lessons.id), 'null') || ',"marks":[' || coalesce((SELECT string_agg('{"value":' || coalesce((t16.value)::text, 'null') || ',"kind":"' || t16.kind || '","assignment":' || CASE WHEN t17.id IS NULL
THEN 'null'
ELSE '{"title":' || to_json(t17.title)::text || ',"weight":"' || t17.weight || '"}' END || '}', ','
ORDER BY t16.id)
FROM marks AS t16 INNER
JOIN assignments AS t17 ON t17.school_id = $1::BIGINT
AND t17.id = t16.assignment_id
WHERE t16.school_id = $1::BIGINT
AND t16.student_id = diary_lessons.student_id
AND (t16.school_id = $1::BIGINT
AND t16.student_id = ANY(ARRAY(SELECT k
FROM k1))
AND t16.published_at <= $4::TIMESTAMP WITH TIME ZONE
AND t16.withdrawn_at IS NULL)
AND t16.lesson_id = diary_lessons.id), '') || '],"attendance":' || coalesce((SELECT '{"code":"' || t18.code || '"}'
FROM attendance_records AS t18
WHERE t18.school_id = $1::BIGINT
AND t18.student_id = diary_lessons.student_id
AND (t18.school_id = $1::BIGINT
AND t18.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND t18.lesson_id = diary_lessons.id), 'null') || '}', ','
ORDER BY diary_lessons.date, diary_lessons.starts_at, diary_lessons.id) AS a1
FROM (SELECT lessons.school_id AS school_id, lessons.id AS id, lessons.version AS version, lessons.section_id AS section_id, lessons.staff_id AS staff_id, lessons.room_id AS room_id, lessons.date AS date, lessons.starts_at AS starts_at, lessons.ends_at AS ends_at, lessons.ordinal AS ordinal, lessons.status AS status, lessons.topic AS topic, lessons.moved_from AS moved_from, section_memberships.student_id AS student_id
FROM lessons
JOIN section_memberships ON section_memberships.school_id = lessons.school_id
AND section_memberships.section_id = lessons.section_id
AND section_memberships.valid_from <= lessons.date
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > lessons.date)) AS diary_lessons INNER
JOIN sections AS t10 ON t10.school_id = $1::BIGINT
AND t10.id = diary_lessons.section_id INNER
JOIN subjects AS t11 ON t11.school_id = $1::BIGINT
AND t11.id = t10.subject_id INNER
JOIN staff AS t12 ON t12.school_id = $1::BIGINT
AND t12.id = diary_lessons.staff_id INNER
JOIN persons AS t13 ON t13.school_id = $1::BIGINT
AND t13.id = t12.person_id
LEFT
JOIN rooms AS t14 ON t14.school_id = $1::BIGINT
AND t14.id = diary_lessons.room_id
WHERE (diary_lessons.school_id = $1::BIGINT
AND diary_lessons.student_id = ANY(ARRAY(SELECT k
FROM k1)))
AND (diary_lessons.student_id = $7::BIGINT)
AND (diary_lessons.date BETWEEN $6::DATE
AND $6::DATE)
GROUP BY 1) a) g), '') || ']}'
FROM students AS students
WHERE (students.school_id = $1::BIGINT
AND students.id = ANY(ARRAY(SELECT k
FROM k1)))
AND (students.id = $7::BIGINT)), 'null'), (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"Notice:' || $8::TEXT || '-' || notices.id || '","title":' || to_json(notices.title)::text || ',"visibleFrom":' || left(to_json(notices.visible_from)::text, -7) || 'Z"' || ',"isPinned":' || (notices.is_pinned)::text || ',"authorName":' || to_json(t20.full_name)::text || ',"isRead":' || ((EXISTS (SELECT notice_receipts_1.id
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id
AND notice_receipts_1.person_id = $9::BIGINT)))::text || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT notices.*, row_number() OVER (ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC) AS rn
FROM notices AS notices
WHERE (notices.school_id = $1::BIGINT
AND (notices.author_id = $9::BIGINT
OR notices.withdrawn_at IS NULL
AND notices.visible_from <= $4::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $4::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_1
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $9::BIGINT
OR notice_targets_1.to_guardians
AND (notice_targets_1.kind = 'SCHOOL'
AND (EXISTS (SELECT k
FROM k1))
OR notice_targets_1.grade_level = ANY(ARRAY(SELECT k
FROM k3))
OR notice_targets_1.school_class_id = ANY(ARRAY(SELECT k
FROM k2))
OR notice_targets_1.section_id = ANY(ARRAY(SELECT k
FROM k4))))

LIMIT 1::INTEGER), false)))
AND (notices.withdrawn_at IS NULL
AND notices.visible_from <= $4::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $4::TIMESTAMP WITH TIME ZONE))
ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC
LIMIT 6) AS notices INNER
JOIN persons AS t20 ON t20.school_id = $1::BIGINT
AND t20.id = notices.author_id) p), (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"MailCopy:' || $8::TEXT || '-' || mail_copies.id || '","at":' || left(to_json(mail_copies.at)::text, -7) || 'Z"' || ',"readAt":' || coalesce(left(to_json(mail_copies.read_at)::text, -7) || 'Z"', 'null') || ',"message":' || CASE WHEN t22.id IS NULL
THEN 'null'
ELSE '{"subject":' || to_json(t22.subject)::text || ',"senderName":' || to_json(t23.full_name)::text || '}' END || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT mail_copies.*, row_number() OVER (ORDER BY mail_copies.at DESC, mail_copies.id ASC) AS rn
FROM mail_copies AS mail_copies
WHERE (mail_copies.school_id = $1::BIGINT
AND mail_copies.person_id = $9::BIGINT
AND mail_copies.folder IS NOT NULL)
AND (mail_copies.folder = 'INBOX')
ORDER BY mail_copies.at DESC, mail_copies.id ASC
LIMIT 6) AS mail_copies INNER
JOIN mail_messages AS t22 ON t22.school_id = $1::BIGINT
AND t22.id = mail_copies.message_id INNER
JOIN persons AS t23 ON t23.school_id = $1::BIGINT
AND t23.id = t22.sender_id) p), '{"notices":' || coalesce(((SELECT (SELECT count(*) AS count_1
FROM notices
WHERE notices.school_id = $1::BIGINT
AND (notices.author_id = $9::BIGINT
OR notices.withdrawn_at IS NULL
AND notices.visible_from <= $4::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $4::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_2
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $9::BIGINT
OR notice_targets_1.to_guardians
AND (notice_targets_1.kind = 'SCHOOL'
AND (EXISTS (SELECT k
FROM k1))
OR notice_targets_1.grade_level = ANY(ARRAY(SELECT k
FROM k3))
OR notice_targets_1.school_class_id = ANY(ARRAY(SELECT k
FROM k2))
OR notice_targets_1.section_id = ANY(ARRAY(SELECT k
FROM k4))))

LIMIT 1::INTEGER), false))
AND notices.visible_from >= $4::TIMESTAMP WITH TIME ZONE - interval '366 days'
AND notices.withdrawn_at IS NULL
AND notices.visible_from <= $4::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $4::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_2
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $9::BIGINT
OR notice_targets_1.to_guardians
AND (notice_targets_1.kind = 'SCHOOL'
AND (EXISTS (SELECT k
FROM k1))
OR notice_targets_1.grade_level = ANY(ARRAY(SELECT k
FROM k3))
OR notice_targets_1.school_class_id = ANY(ARRAY(SELECT k
FROM k2))
OR notice_targets_1.section_id = ANY(ARRAY(SELECT k
FROM k4))))

LIMIT 1::INTEGER), false)
AND notices.author_id != $9::BIGINT
AND NOT (EXISTS (SELECT notice_receipts_1.id
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id
AND notice_receipts_1.person_id = $9::BIGINT))) AS anon_1))::text, 'null') || ',"mail":' || coalesce(((SELECT (SELECT count(*) AS count_1
FROM mail_copies
WHERE mail_copies.school_id = $1::BIGINT
AND mail_copies.person_id = $9::BIGINT
AND mail_copies.folder IS NOT NULL
AND mail_copies.folder = 'INBOX'
AND mail_copies.read_at IS NULL) AS anon_1))::text, 'null') || '}'
