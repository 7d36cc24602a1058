-- compiled
WITH k1(k) AS (SELECT schools.substitute_days
FROM schools
WHERE schools.school_id = $1::BIGINT),
k2(k) AS (SELECT schools.time_zone
FROM schools
WHERE schools.school_id = $1::BIGINT),
k3(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)
UNION ALL SELECT lessons.section_id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.staff_id = $2::BIGINT
AND lessons.date >= $3::DATE - CAST((SELECT k
FROM k1) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND lessons.date <= $3::DATE
AND timezone((SELECT k
FROM k2), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k4(k) AS (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.staff_id = $2::BIGINT
AND lessons.date >= $3::DATE - CAST((SELECT k
FROM k1) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))),
k5(k) AS (SELECT teaching_assignments.section_id
FROM teaching_assignments
WHERE teaching_assignments.school_id = $1::BIGINT
AND teaching_assignments.staff_id = $2::BIGINT
AND teaching_assignments.valid_from <= $3::DATE
AND (teaching_assignments.valid_to IS NULL
OR teaching_assignments.valid_to > $3::DATE)),
k6(k) AS (SELECT section_memberships.section_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.valid_to <= $3::DATE
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.student_id = section_memberships.student_id
AND section_memberships_1.subject_id = section_memberships.subject_id
AND section_memberships_1.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_1.valid_from <= $3::DATE
AND (section_memberships_1.valid_to IS NULL
OR section_memberships_1.valid_to > $3::DATE)))),
k7(k) AS (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.staff_id = $2::BIGINT
AND lessons.date >= $3::DATE - CAST((SELECT k
FROM k1) AS INTEGER)
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND lessons.date <= $3::DATE
AND timezone((SELECT k
FROM k2), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k8(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)), line AS
(SELECT assignments.id AS assignment_id, section_memberships.student_id AS student_id, assignments.section_id AS section_id, assignments.lesson_id AS lesson_id, assignments.publish_at AS publish_at, CASE WHEN (marks.withdrawn_at IS NULL)
THEN marks.kind END AS old_kind, CASE WHEN (marks.withdrawn_at IS NULL)
THEN marks.value END AS old_value
FROM assignments
JOIN lessons ON lessons.school_id = assignments.school_id
AND lessons.id = assignments.lesson_id
JOIN section_memberships ON section_memberships.school_id = lessons.school_id
AND section_memberships.section_id = lessons.section_id
AND section_memberships.valid_from <= lessons.date
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > lessons.date)
AND section_memberships.student_id = $5::BIGINT
LEFT
OUTER
JOIN attendance_records ON attendance_records.school_id = lessons.school_id
AND attendance_records.lesson_id = lessons.id
AND attendance_records.student_id = section_memberships.student_id
LEFT
OUTER
JOIN marks ON marks.school_id = assignments.school_id
AND marks.assignment_id = assignments.id
AND marks.student_id = section_memberships.student_id
JOIN sections ON sections.school_id = lessons.school_id
AND sections.id = lessons.section_id
JOIN terms ON terms.school_id = sections.school_id
AND terms.academic_year_id = sections.academic_year_id
AND terms.term_type_id = sections.term_type_id
AND terms.starts_on <= lessons.date
AND terms.ends_on >= lessons.date
JOIN academic_years ON academic_years.school_id = terms.school_id
AND academic_years.id = terms.academic_year_id
WHERE assignments.school_id = $1::BIGINT
AND assignments.id = $6::BIGINT
AND assignments.school_id = $1::BIGINT
AND (assignments.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR assignments.lesson_id = ANY(ARRAY(SELECT k
FROM k4))
OR assignments.section_id = ANY(ARRAY(SELECT k
FROM k6))
AND (EXISTS (SELECT marks_1.id
FROM marks AS marks_1
WHERE marks_1.school_id = $1::BIGINT
AND marks_1.assignment_id = assignments.id
AND (marks_1.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR marks_1.section_id = ANY(ARRAY(SELECT k
FROM k6))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
JOIN section_memberships AS section_memberships_2 ON section_memberships_2.student_id = section_memberships_1.student_id
AND section_memberships_2.subject_id = section_memberships_1.subject_id
JOIN sections AS sections_1 ON sections_1.id = section_memberships_2.section_id
JOIN sections AS sections_2 ON sections_2.id = section_memberships_1.section_id
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = marks_1.student_id
AND section_memberships_1.section_id = marks_1.section_id)))
AND marks_1.withdrawn_at IS NULL)))
AND (assignments.section_id = ANY(ARRAY(SELECT k
FROM k5))
OR assignments.lesson_id = ANY(ARRAY(SELECT k
FROM k7)))
AND academic_years.status != 'ARCHIVED'
AND terms.status != 'CLOSED'
AND lessons.status != 'CANCELLED'
AND lessons.date <= $3::DATE
AND (sections.scale = 'FIVE_POINT'
AND $7 IN ('DEBT_POINT', 'NUMERIC')
OR sections.scale = 'PASS_FAIL'
AND $7 IN ('DEBT_POINT', 'PASS_FAIL'))
AND ($7 = 'NUMERIC'
AND $8::BIGINT IN (1::BIGINT, 2::BIGINT, 3::BIGINT, 4::BIGINT, 5::BIGINT)
OR $7 = 'PASS_FAIL'
AND $8::BIGINT IN (0::BIGINT, 1::BIGINT)
OR $7 = 'DEBT_POINT'
AND $8::BIGINT IS NULL)
AND coalesce($9::VARCHAR, '…'::VARCHAR) != ''::VARCHAR
AND char_length(coalesce($9::VARCHAR, ''::VARCHAR)) <= 1000::INTEGER
AND coalesce($10::VARCHAR, '…'::VARCHAR) != ''::VARCHAR
AND char_length(coalesce($10::VARCHAR, ''::VARCHAR)) <= 1000::INTEGER
AND (NOT (attendance_records.code IS NOT NULL
AND attendance_records.code IN ('EXCUSED', 'ILLNESS', 'UNEXCUSED', 'ABSENT'))
OR assignments.due_on IS NOT NULL
AND assignments.due_on > lessons.date)
AND ($11::BIGINT IS NOT NULL
OR NOT (marks.id IS NOT NULL
AND marks.withdrawn_at IS NULL))
AND ($11::BIGINT IS NULL
OR marks.id IS NOT NULL
AND marks.withdrawn_at IS NULL
AND marks.version = $11::BIGINT) FOR NO KEY UPDATE OF lessons FOR SHARE OF section_memberships, terms, academic_years ),
put AS
(INSERT INTO marks (school_id, version, assignment_id, student_id, section_id, lesson_id, kind, value, comment, author_id, set_at, published_at) SELECT $1::BIGINT AS anon_1, coalesce($11::BIGINT, 0) + 1::BIGINT AS anon_8, line.assignment_id AS assignment_id, line.student_id AS student_id, line.section_id AS section_id, line.lesson_id AS lesson_id, $7 AS anon_9, $8::BIGINT AS anon_10, $9::VARCHAR AS anon_11, $12::BIGINT AS anon_2, $4::TIMESTAMP WITH TIME ZONE AS anon_7, greatest($4::TIMESTAMP WITH TIME ZONE, line.publish_at) AS greatest_1
FROM line
ON CONFLICT (school_id, assignment_id, student_id) DO UPDATE
SET version = (marks.version + 1::BIGINT), section_id = excluded.section_id, lesson_id = excluded.lesson_id, author_id = excluded.author_id, kind = excluded.kind, value = excluded.value, comment = excluded.comment, set_at = excluded.set_at, published_at = CASE WHEN (marks.withdrawn_at IS NOT NULL)
THEN excluded.published_at
ELSE marks.published_at END, withdrawn_at = NULL
WHERE excluded.version = CASE WHEN (marks.withdrawn_at IS NOT NULL)
THEN 1
ELSE marks.version + 1::BIGINT END
RETURNING marks.school_id, marks.id, marks.version, marks.assignment_id, marks.student_id, marks.section_id, marks.lesson_id, marks.author_id, marks.kind, marks.value, marks.comment, marks.set_at, marks.published_at, marks.withdrawn_at),
revised AS
(INSERT INTO mark_revisions (school_id, version, mark_id, author_id, old_kind, old_value, new_kind, new_value, reason, source, at) SELECT $1::BIGINT AS anon_1, 1, put.id AS id, $12::BIGINT AS anon_2, line.old_kind AS old_kind, line.old_value AS old_value, CASE WHEN (put.withdrawn_at IS NOT NULL)
THEN NULL
ELSE put.kind END AS anon_3, CASE WHEN (put.withdrawn_at IS NOT NULL)
THEN NULL
ELSE put.value END AS anon_4, $10::VARCHAR AS anon_5, 'JOURNAL' AS anon_6, $4::TIMESTAMP WITH TIME ZONE AS anon_7
FROM put
JOIN line ON line.assignment_id = put.assignment_id
AND line.student_id = put.student_id
ON CONFLICT DO NOTHING
RETURNING mark_revisions.school_id, mark_revisions.id, mark_revisions.version, mark_revisions.mark_id, mark_revisions.author_id, mark_revisions.old_kind, mark_revisions.old_value, mark_revisions.new_kind, mark_revisions.new_value, mark_revisions.reason, mark_revisions.source, mark_revisions.at),
held AS
(UPDATE lessons
SET version=(lessons.version + 1::BIGINT), status='CONDUCTED'
FROM put
WHERE lessons.school_id = $1::BIGINT
AND lessons.id = put.lesson_id
AND lessons.status = 'PLANNED'
AND lessons.date <= $3::DATE
RETURNING lessons.school_id, lessons.id, lessons.version, lessons.section_id, lessons.staff_id, lessons.room_id, lessons.date, lessons.starts_at, lessons.ends_at, lessons.ordinal, lessons.status, lessons.topic, lessons.moved_from, lessons.span, lessons.overridden_warnings, lessons.override_reason),
scheduled AS
(INSERT INTO scheduled_events (school_id, entity, kind, topic, student_id, due_at) SELECT $1::BIGINT AS anon_1, concat('Mark:'::VARCHAR, $1::BIGINT, '-'::VARCHAR, put.id) AS concat_1, 'MARK_SET', 'JOURNAL', put.student_id AS student_id, put.published_at AS published_at
FROM put
WHERE put.published_at > $4::TIMESTAMP WITH TIME ZONE
ON CONFLICT (school_id, entity, kind) DO UPDATE
SET due_at = excluded.due_at
RETURNING scheduled_events.due_at),
done AS
(SELECT put.school_id AS school_id, put.id AS id, put.version AS version, put.assignment_id AS assignment_id, put.student_id AS student_id, put.section_id AS section_id, put.lesson_id AS lesson_id, put.author_id AS author_id, put.kind AS kind, put.value AS value, put.comment AS comment, put.set_at AS set_at, put.published_at AS published_at, put.withdrawn_at AS withdrawn_at, concat('Mark:'::VARCHAR, $1::BIGINT, '-'::VARCHAR, put.id) AS entity
FROM put
WHERE (SELECT count(*) AS count_1
FROM revised) >= 0::INTEGER
AND (SELECT count(*) AS count_2
FROM held) >= 0::INTEGER
AND (SELECT count(*) AS count_3
FROM scheduled) >= 0::INTEGER),
before AS
(SELECT school_heads.school_id AS school_id, school_heads.audit_hash AS audit_hash
FROM school_heads
JOIN done ON true
WHERE school_heads.school_id = $1::BIGINT FOR UPDATE OF school_heads),
head AS
(UPDATE school_heads
SET event_seq=(school_heads.event_seq + 1), audit_seq=(school_heads.audit_seq + 1::BIGINT), audit_hash=sha256(before.audit_hash || convert_to($13::VARCHAR || (SELECT done.entity
FROM done) || $14::VARCHAR, 'UTF8'::VARCHAR))
FROM before
WHERE school_heads.school_id = $1::BIGINT
AND school_heads.school_id = before.school_id
RETURNING school_heads.event_seq, school_heads.audit_seq, school_heads.audit_hash, before.audit_hash AS previous),
deed AS
(INSERT INTO audit_events (at, actor_id, role, action, details, request_id, school_id, version, seq, entity, previous_hash, hash) SELECT $15::TIMESTAMP WITH TIME ZONE AS anon_12, $16::BIGINT AS anon_13, $17 AS anon_14, $18::VARCHAR AS anon_15, $19::JSONB AS anon_16, $20::VARCHAR AS anon_17, $1::BIGINT AS anon_1, 1, head.audit_seq AS audit_seq, done.entity AS entity, head.previous AS previous, head.audit_hash AS audit_hash
FROM head
JOIN done ON true),
told AS
(INSERT INTO events (school_id, seq, at, topic, kind, entity, student_id, persons) SELECT $1::BIGINT AS anon_1, (head.event_seq - 1) + news.place AS anon_18, $15::TIMESTAMP WITH TIME ZONE AS anon_19, news.topic AS topic, news.kind AS kind, news.entity AS entity, news.student_id AS student_id, news.persons AS persons
FROM head
JOIN (SELECT 'JOURNAL' AS topic, 'MARK_SET' AS kind, concat('Mark:'::VARCHAR, $1::BIGINT, '-'::VARCHAR, put.id) AS entity, put.student_id AS student_id, CAST(NULL AS BIGINT[]) AS persons, 1 AS place
FROM put) AS news ON true)
 SELECT (SELECT done.id
FROM done) AS key, coalesce((SELECT '{"id":"Mark:' || $21::TEXT || '-' || marks.id || '","value":' || coalesce((marks.value)::text, 'null') || ',"version":' || (marks.version)::text || ',"student":' || CASE WHEN t1.id IS NULL
THEN 'null'
ELSE '{"fullName":' || to_json(t2.full_name)::text || '}' END || '}'
FROM done marks
LEFT
JOIN students AS t1 ON t1.school_id = $1::BIGINT
AND t1.id = marks.student_id
AND (t1.school_id = $1::BIGINT
AND t1.id = ANY(ARRAY(SELECT k
FROM k8)))
LEFT
JOIN persons AS t2 ON t2.school_id = $1::BIGINT
AND t2.id = t1.person_id
WHERE (marks.school_id = $1::BIGINT
AND (marks.section_id = ANY(ARRAY(SELECT k
FROM k3))
OR marks.section_id = ANY(ARRAY(SELECT k
FROM k6))
AND (EXISTS (SELECT section_memberships_1.id
FROM section_memberships AS section_memberships_1
JOIN section_memberships AS section_memberships_2 ON section_memberships_2.student_id = section_memberships_1.student_id
AND section_memberships_2.subject_id = section_memberships_1.subject_id
JOIN sections AS sections_1 ON sections_1.id = section_memberships_2.section_id
JOIN sections AS sections_2 ON sections_2.id = section_memberships_1.section_id
WHERE section_memberships_1.school_id = $1::BIGINT
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id
AND section_memberships_1.student_id = marks.student_id
AND section_memberships_1.section_id = marks.section_id)))
AND marks.withdrawn_at IS NULL)
ORDER BY marks.id
LIMIT 1), 'null')
