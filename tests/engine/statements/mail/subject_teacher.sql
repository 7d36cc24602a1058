-- compiled
WITH k1(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k2(k) AS (SELECT class_teachers.school_class_id
FROM class_teachers
WHERE class_teachers.school_id = $1::BIGINT
AND class_teachers.staff_id = $2::BIGINT
AND class_teachers.valid_from <= $3::DATE
AND (class_teachers.valid_to IS NULL
OR class_teachers.valid_to > $3::DATE)),
k3(k) AS (SELECT sections.school_class_id
FROM sections
WHERE sections.school_id = $1::BIGINT
AND sections.id = ANY(ARRAY(SELECT k
FROM k1))
AND sections.school_class_id IS NOT NULL
UNION ALL SELECT school_classes.id
FROM school_classes
WHERE school_classes.school_id = $1::BIGINT
AND school_classes.id = ANY(ARRAY(SELECT k
FROM k2))),
k4(k) AS (SELECT school_classes.grade_level
FROM school_classes
WHERE school_classes.school_id = $1::BIGINT
AND school_classes.id = ANY(ARRAY(SELECT k
FROM k3))) SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"readAt":' || coalesce(left(to_json(mail_copies.read_at)::text, -7) || 'Z"', 'null') || ',"message":' || CASE WHEN t2.id IS NULL
THEN 'null'
ELSE '{"subject":' || to_json(t2.subject)::text || ',"body":' || to_json(t2.body)::text || ',"senderName":' || to_json(t3.full_name)::text || ',"attachments":[' || coalesce((SELECT string_agg('{"fileName":' || to_json(t5.name)::text || ',"url":' || coalesce(('0' || t4.id::text || ''), 'null') || '}', ','
ORDER BY t4.position, t4.id)
FROM mail_attachments AS t4 INNER
JOIN files AS t5 ON t5.school_id = $1::BIGINT
AND t5.id = t4.file_id
WHERE t4.school_id = $1::BIGINT
AND (t4.school_id = $1::BIGINT
AND (EXISTS (SELECT mail_copies_1.id
FROM mail_copies AS mail_copies_1
WHERE mail_copies_1.school_id = $1::BIGINT
AND mail_copies_1.message_id = t4.message_id
AND mail_copies_1.person_id = $4::BIGINT
AND mail_copies_1.folder IS NOT NULL)))
AND t4.message_id = t2.id), '') || ']}' END || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT mail_copies.*, row_number() OVER (ORDER BY mail_copies.at DESC, mail_copies.id ASC) AS rn
FROM mail_copies AS mail_copies
WHERE (mail_copies.school_id = $1::BIGINT
AND mail_copies.person_id = $4::BIGINT
AND mail_copies.folder IS NOT NULL)
AND (mail_copies.folder = 'INBOX')
ORDER BY mail_copies.at DESC, mail_copies.id ASC
LIMIT 6) AS mail_copies INNER
JOIN mail_messages AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = mail_copies.message_id INNER
JOIN persons AS t3 ON t3.school_id = $1::BIGINT
AND t3.id = t2.sender_id) p), '{"notices":' || coalesce(((SELECT (SELECT count(*) AS count_1
FROM notices
WHERE notices.school_id = $1::BIGINT
AND (notices.author_id = $4::BIGINT
OR notices.withdrawn_at IS NULL
AND notices.visible_from <= $5::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $5::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_2
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $4::BIGINT
OR notice_targets_1.to_staff
AND (notice_targets_1.kind = 'SCHOOL'
AND $2::BIGINT > 0::BIGINT
OR notice_targets_1.grade_level = ANY(ARRAY(SELECT k
FROM k4))
OR notice_targets_1.school_class_id = ANY(ARRAY(SELECT k
FROM k3))
OR notice_targets_1.section_id = ANY(ARRAY(SELECT k
FROM k1))))

LIMIT 1::INTEGER), false))
AND notices.visible_from >= $5::TIMESTAMP WITH TIME ZONE - interval '366 days'
AND notices.withdrawn_at IS NULL
AND notices.visible_from <= $5::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $5::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_2
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $4::BIGINT
OR notice_targets_1.to_staff
AND (notice_targets_1.kind = 'SCHOOL'
AND $2::BIGINT > 0::BIGINT
OR notice_targets_1.grade_level = ANY(ARRAY(SELECT k
FROM k4))
OR notice_targets_1.school_class_id = ANY(ARRAY(SELECT k
FROM k3))
OR notice_targets_1.section_id = ANY(ARRAY(SELECT k
FROM k1))))

LIMIT 1::INTEGER), false)
AND notices.author_id != $4::BIGINT
AND NOT (EXISTS (SELECT notice_receipts_1.id
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id
AND notice_receipts_1.person_id = $4::BIGINT))) AS anon_1))::text, 'null') || ',"mail":' || coalesce(((SELECT (SELECT count(*) AS count_1
FROM mail_copies
WHERE mail_copies.school_id = $1::BIGINT
AND mail_copies.person_id = $4::BIGINT
AND mail_copies.folder IS NOT NULL
AND mail_copies.folder = 'INBOX'
AND mail_copies.read_at IS NULL) AS anon_1))::text, 'null') || '}'
