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
OR section_memberships.valid_to > $3::DATE)), t1 AS MATERIALIZED (SELECT notices.*, row_number() OVER (ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC) AS rn
FROM notices AS notices
WHERE (notices.school_id = $1::BIGINT
AND (notices.author_id = $4::BIGINT
OR notices.withdrawn_at IS NULL
AND notices.visible_from <= $5::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $5::TIMESTAMP WITH TIME ZONE)
AND coalesce((SELECT true AS anon_1
FROM notice_targets AS notice_targets_1
WHERE notice_targets_1.school_id = $1::BIGINT
AND notice_targets_1.notice_id = notices.id
AND (notice_targets_1.person_id = $4::BIGINT
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
AND notices.visible_from <= $5::TIMESTAMP WITH TIME ZONE
AND (notices.visible_until IS NULL
OR notices.visible_until > $5::TIMESTAMP WITH TIME ZONE))
ORDER BY notices.is_pinned DESC, notices.visible_from DESC, notices.id ASC
LIMIT 21), t5 AS MATERIALIZED (SELECT t3.notice_id AS k, string_agg('{"fileName":' || to_json(t4.name)::text || ',"mediaType":' || to_json(t4.media_type)::text || ',"size":' || (t4.size)::text || '}', ','
ORDER BY t3.position, t3.id) AS c
FROM notice_attachments AS t3 INNER
JOIN files AS t4 ON t4.school_id = $1::BIGINT
AND t4.id = t3.file_id
WHERE t3.school_id = $1::BIGINT
AND t3.notice_id = ANY(ARRAY(SELECT id
FROM t1))
GROUP BY 1) SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"Notice:' || $6::TEXT || '-' || notices.id || '","title":' || to_json(notices.title)::text || ',"body":' || to_json(notices.body)::text || ',"visibleFrom":' || left(to_json(notices.visible_from)::text, -7) || 'Z"' || ',"isPinned":' || (notices.is_pinned)::text || ',"authorName":' || to_json(t2.full_name)::text || ',"isRead":' || ((EXISTS (SELECT notice_receipts_1.id
FROM notice_receipts AS notice_receipts_1
WHERE notice_receipts_1.school_id = $1::BIGINT
AND notice_receipts_1.notice_id = notices.id
AND notice_receipts_1.person_id = $4::BIGINT)))::text || ',"readCount":null,"attachments":[' || coalesce(t5.c, '') || ']}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 20) AS c0, count(*) AS n
FROM t1 AS notices INNER
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = notices.author_id
LEFT
JOIN t5 ON t5.k = notices.id) p)
