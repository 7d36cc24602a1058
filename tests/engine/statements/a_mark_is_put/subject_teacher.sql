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
AND lessons.date + CAST((SELECT k
FROM k1) AS INTEGER) >= $3::DATE
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND timezone((SELECT k
FROM k2), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k4(k) AS (SELECT lessons.id
FROM lessons
WHERE lessons.school_id = $1::BIGINT
AND lessons.staff_id = $2::BIGINT
AND lessons.date + CAST((SELECT k
FROM k1) AS INTEGER) >= $3::DATE
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
AND lessons.date + CAST((SELECT k
FROM k1) AS INTEGER) >= $3::DATE
AND NOT (EXISTS (SELECT teaching_assignments_1.id
FROM teaching_assignments AS teaching_assignments_1
WHERE teaching_assignments_1.school_id = $1::BIGINT
AND teaching_assignments_1.section_id = lessons.section_id
AND teaching_assignments_1.staff_id = $2::BIGINT
AND teaching_assignments_1.valid_from <= lessons.date))
AND lessons.status != 'CANCELLED'
AND timezone((SELECT k
FROM k2), lessons.date + lessons.starts_at) <= $4::TIMESTAMP WITH TIME ZONE),
k8(k) AS (SELECT section_memberships.student_id
FROM section_memberships
WHERE section_memberships.school_id = $1::BIGINT
AND section_memberships.section_id = ANY(ARRAY(SELECT k
FROM k3))
AND section_memberships.valid_from <= $3::DATE
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > $3::DATE)), cell AS
(SELECT assignments.id AS id, assignments.section_id AS section_id, assignments.lesson_id AS lesson_id
FROM assignments
JOIN lessons ON lessons.school_id = assignments.school_id
AND lessons.id = assignments.lesson_id
JOIN sections ON sections.school_id = lessons.school_id
AND sections.id = lessons.section_id
JOIN section_memberships ON section_memberships.school_id = lessons.school_id
AND section_memberships.section_id = lessons.section_id
AND section_memberships.valid_from <= lessons.date
AND (section_memberships.valid_to IS NULL
OR section_memberships.valid_to > lessons.date)
LEFT
OUTER
JOIN attendance_records ON attendance_records.school_id = lessons.school_id
AND attendance_records.lesson_id = lessons.id
AND attendance_records.student_id = section_memberships.student_id
JOIN terms ON terms.school_id = sections.school_id
AND terms.academic_year_id = sections.academic_year_id
AND terms.term_type_id = sections.term_type_id
AND terms.starts_on <= lessons.date
AND terms.ends_on >= lessons.date
JOIN academic_years ON academic_years.school_id = terms.school_id
AND academic_years.id = terms.academic_year_id
WHERE assignments.school_id = $1::BIGINT
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
AND section_memberships_1.student_id = marks_1.student_id
AND section_memberships_1.section_id = marks_1.section_id
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id)))
AND marks_1.withdrawn_at IS NULL)))
AND (assignments.section_id = ANY(ARRAY(SELECT k
FROM k5))
OR assignments.lesson_id = ANY(ARRAY(SELECT k
FROM k7)))
AND assignments.id = $5::BIGINT
AND section_memberships.student_id = $6::BIGINT
AND lessons.date <= $3::DATE
AND lessons.status = 'CONDUCTED'
AND terms.status != 'CLOSED'
AND academic_years.status != 'ARCHIVED'
AND (attendance_records.code IS NULL
OR (attendance_records.code NOT IN ('EXCUSED', 'ILLNESS', 'UNEXCUSED', 'ABSENT'))
OR assignments.due_on > lessons.date)
AND (assignments.publish_at IS NULL
OR assignments.publish_at <= $4::TIMESTAMP WITH TIME ZONE)
AND (sections.scale = 'FIVE_POINT'
AND $7 IN ('DEBT_POINT', 'NUMERIC')
OR sections.scale = 'PASS_FAIL'
AND $7 IN ('DEBT_POINT', 'PASS_FAIL')) FOR SHARE OF lessons, section_memberships, terms, academic_years),
put AS
(INSERT INTO marks (school_id, version, assignment_id, student_id, section_id, lesson_id, published_at, kind, value, comment, author_id, set_at) SELECT $1::BIGINT AS anon_7, 1, cell.id AS id, $6::BIGINT AS anon_11, cell.section_id AS section_id, cell.lesson_id AS lesson_id, $4::TIMESTAMP WITH TIME ZONE AS anon_10, $7 AS anon_12, $8::BIGINT AS anon_13, NULL AS anon_9, $9::BIGINT AS anon_8, $4::TIMESTAMP WITH TIME ZONE AS anon__3
FROM cell
ON CONFLICT DO NOTHING
RETURNING marks.school_id, marks.id, marks.version, marks.assignment_id, marks.student_id, marks.section_id, marks.lesson_id, marks.author_id, marks.kind, marks.value, marks.comment, marks.set_at, marks.published_at, marks.withdrawn_at),
revised AS
(INSERT INTO mark_revisions (school_id, version, mark_id, author_id, old_kind, old_value, new_kind, new_value, reason, source, at) SELECT $1::BIGINT AS anon_7, 1, put.id AS id, $9::BIGINT AS anon_8, NULL AS anon_9, NULL AS anon__1, put.kind AS kind, put.value AS value, NULL AS anon__2, 'JOURNAL', $4::TIMESTAMP WITH TIME ZONE AS anon_10
FROM put),
written AS
(SELECT put.school_id AS school_id, put.id AS id, put.version AS version, put.assignment_id AS assignment_id, put.student_id AS student_id, put.section_id AS section_id, put.lesson_id AS lesson_id, put.author_id AS author_id, put.kind AS kind, put.value AS value, put.comment AS comment, put.set_at AS set_at, put.published_at AS published_at, put.withdrawn_at AS withdrawn_at
FROM put),
done AS
(SELECT written.school_id AS school_id, written.id AS id, written.version AS version, written.assignment_id AS assignment_id, written.student_id AS student_id, written.section_id AS section_id, written.lesson_id AS lesson_id, written.author_id AS author_id, written.kind AS kind, written.value AS value, written.comment AS comment, written.set_at AS set_at, written.published_at AS published_at, written.withdrawn_at AS withdrawn_at, concat('Mark:'::VARCHAR, $1::BIGINT, '-'::VARCHAR, written.id) AS entity
FROM written),
before AS
(SELECT school_heads.school_id AS school_id, school_heads.audit_hash AS audit_hash
FROM school_heads
JOIN done ON true
WHERE school_heads.school_id = $1::BIGINT FOR UPDATE OF school_heads),
head AS
(UPDATE school_heads
SET event_seq=(school_heads.event_seq + 1), audit_seq=(school_heads.audit_seq + 1::BIGINT), audit_hash=sha256(before.audit_hash || convert_to($10::VARCHAR || done.entity || $11::VARCHAR, 'UTF8'::VARCHAR))
FROM before, done
WHERE school_heads.school_id = $1::BIGINT
AND school_heads.school_id = before.school_id
RETURNING school_heads.event_seq, school_heads.audit_seq, school_heads.audit_hash, before.audit_hash AS previous),
deed AS
(INSERT INTO audit_events (at, actor_id, role, action, details, request_id, school_id, version, seq, entity, previous_hash, hash) SELECT $12::TIMESTAMP WITH TIME ZONE AS anon_1, $13::BIGINT AS anon_2, $14 AS anon_3, $15::VARCHAR AS anon_4, $16::JSONB AS anon_5, $17::VARCHAR AS anon_6, $1::BIGINT AS anon_7, 1, head.audit_seq AS audit_seq, done.entity AS entity, head.previous AS previous, head.audit_hash AS audit_hash
FROM head
JOIN done ON true),
told AS
(INSERT INTO events (school_id, seq, at, topic, kind, entity, student_id, persons) SELECT $1::BIGINT AS anon_7, (head.event_seq - 1) + news.place AS anon_14, $12::TIMESTAMP WITH TIME ZONE AS anon_1, news.topic AS topic, news.kind AS kind, news.entity AS entity, news.student_id AS student_id, news.persons AS persons
FROM head
JOIN (SELECT 'JOURNAL' AS topic, 'MARK_SET' AS kind, done.entity AS entity, done.student_id AS student_id, CAST(NULL AS BIGINT[]) AS persons, 1 AS place
FROM done) AS news ON true)
 SELECT (SELECT done.id
FROM done) AS key, coalesce((SELECT '{"id":"Mark:' || $18::TEXT || '-' || marks.id || '","value":' || coalesce((marks.value)::text, 'null') || ',"version":' || (marks.version)::text || ',"student":' || CASE WHEN t1.id IS NULL
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
AND section_memberships_1.student_id = marks.student_id
AND section_memberships_1.section_id = marks.section_id
AND section_memberships_1.valid_to <= $3::DATE
AND section_memberships_2.school_id = $1::BIGINT
AND section_memberships_2.section_id = ANY(ARRAY(SELECT k
FROM k5))
AND section_memberships_2.valid_from <= $3::DATE
AND (section_memberships_2.valid_to IS NULL
OR section_memberships_2.valid_to > $3::DATE)
AND sections_1.school_id = $1::BIGINT
AND sections_2.school_id = $1::BIGINT
AND sections_1.academic_year_id = sections_2.academic_year_id)))
AND marks.withdrawn_at IS NULL)
ORDER BY marks.id
LIMIT 1), 'null')
