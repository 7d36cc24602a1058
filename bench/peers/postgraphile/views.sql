-- What PostGraphile is to show besides tables: it makes its schema of what the database has.
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO gorod_app;

CREATE VIEW bench.diary_lessons WITH (security_invoker) AS
SELECT l.school_id, l.id, m.student_id, l.date, l.starts_at, l.topic, l.section_id, c.subject_id,
    w.person_id AS teacher_id, l.room_id, h.id AS homework_id, a.id AS attendance_id
FROM section_memberships m
JOIN lessons l ON l.school_id = m.school_id AND l.section_id = m.section_id
    AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date)
JOIN sections c ON c.school_id = l.school_id AND c.id = l.section_id
JOIN staff w ON w.school_id = l.school_id AND w.id = l.staff_id
LEFT JOIN homework h ON h.school_id = l.school_id AND h.lesson_id = l.id
LEFT JOIN attendance_records a ON a.school_id = l.school_id AND a.lesson_id = l.id
    AND a.student_id = m.student_id
WHERE l.status <> 'CANCELLED';
COMMENT ON VIEW bench.diary_lessons IS $$
@name diary_lesson
@primaryKey school_id,id,student_id
@foreignKey (school_id,subject_id) references public.subjects (school_id,id)|@fieldName subject
@foreignKey (school_id,teacher_id) references public.persons (school_id,id)|@fieldName teacher
@foreignKey (school_id,room_id) references public.rooms (school_id,id)|@fieldName room
@foreignKey (school_id,homework_id) references public.homework (school_id,id)|@fieldName homework
@foreignKey (school_id,attendance_id) references public.attendance_records (school_id,id)|@fieldName attendance
$$;

-- Statements of the other peers: of whom and what, and who asks, they are told by the server.
CREATE TYPE bench.class_average AS (
    student_id bigint, full_name text, subject_name text, weighted_average text, mark_count integer
);
CREATE FUNCTION bench.class_averages(
    school_id bigint, oversees boolean, taught bigint[], wards bigint[], family boolean,
    pupils bigint[], school_class_id bigint, term_id bigint
) RETURNS SETOF bench.class_average STABLE LANGUAGE sql BEGIN ATOMIC
{class_averages};
END;
COMMENT ON TYPE bench.class_average IS '@name class_average';
COMMENT ON FUNCTION bench.class_averages IS E'@name class_averages\n@behavior -queryField';

CREATE TYPE bench.unread_counts AS (notices integer, mail integer);
CREATE FUNCTION bench.count_unread(
    school_id bigint, person_id bigint, family boolean, classes bigint[], addressed bigint[],
    grades bigint[]
) RETURNS bench.unread_counts STABLE LANGUAGE sql BEGIN ATOMIC
{unread_counts};
END;
COMMENT ON TYPE bench.unread_counts IS '@name unread_counts';
COMMENT ON FUNCTION bench.count_unread IS E'@name count_unread\n@behavior -queryField';

CREATE FUNCTION bench.notices_read_count(notice notices) RETURNS integer STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT count(*)::int FROM notice_receipts r
    WHERE r.school_id = notice.school_id AND r.notice_id = notice.id;
END;

CREATE FUNCTION bench.put_mark(
    school_id bigint, person_id bigint, role text, taught bigint[], wards bigint[],
    assignment_id bigint, student_id bigint, value bigint, expected_version bigint, request_id text
) RETURNS marks VOLATILE LANGUAGE sql BEGIN ATOMIC
WITH cell AS (
    SELECT a.id FROM assignments a
    JOIN lessons l ON l.school_id = a.school_id AND l.id = a.lesson_id
    JOIN sections s ON s.school_id = a.school_id AND s.id = a.section_id
    JOIN schools c ON c.id = a.school_id
    JOIN terms t ON t.school_id = s.school_id AND t.academic_year_id = s.academic_year_id
        AND t.term_type_id = s.term_type_id AND l.date BETWEEN t.starts_on AND t.ends_on
    WHERE a.school_id = $1 AND a.id = $6 AND (a.section_id = ANY($4) OR $7 = ANY($5))
        AND s.scale = 'FIVE_POINT' AND $8 BETWEEN 1 AND 5 AND t.status <> 'CLOSED'
        AND l.date <= (now() AT TIME ZONE c.time_zone)::date
        AND EXISTS (SELECT FROM section_memberships m
            WHERE m.school_id = $1 AND m.section_id = a.section_id AND m.student_id = $7
                AND m.valid_from <= l.date AND (m.valid_to IS NULL OR m.valid_to > l.date))
        AND NOT ((a.due_on IS NULL OR a.due_on <= l.date) AND EXISTS (
            SELECT FROM attendance_records r WHERE r.school_id = $1 AND r.lesson_id = a.lesson_id
                AND r.student_id = $7 AND r.code IN ('EXCUSED', 'ILLNESS', 'UNEXCUSED', 'ABSENT')))
    FOR SHARE OF t
), old AS (
    SELECT m.id, m.kind, m.value FROM marks m JOIN cell ON m.assignment_id = cell.id
    WHERE m.school_id = $1 AND m.student_id = $7 AND m.version = $9 FOR UPDATE OF m
), put AS (
    UPDATE marks m SET version = m.version + 1, kind = 'NUMERIC', value = $8, comment = NULL,
        author_id = $2, set_at = now(), withdrawn_at = NULL
    FROM old WHERE m.school_id = $1 AND m.id = old.id RETURNING m.*
), revised AS (
    INSERT INTO mark_revisions (school_id, mark_id, author_id, old_kind, old_value, new_kind,
        new_value, source, at)
    SELECT $1, id, $2, kind, value, 'NUMERIC', $8, 'JOURNAL', now() FROM old
), before AS (
    SELECT event_seq, audit_seq, audit_hash FROM school_heads h, old WHERE h.school_id = $1
    FOR UPDATE OF h
), deed AS (
    SELECT 'Mark:' || $1 || '-' || old.id AS entity,
        jsonb_build_array(
            jsonb_build_object('name', 'assignmentId', 'values',
                jsonb_build_array(format('Assignment:%s-%s', $1, $6))),
            jsonb_build_object('name', 'studentId', 'values',
                jsonb_build_array(format('Student:%s-%s', $1, $7))),
            '{"name": "value", "values": null}'::jsonb,
            '{"name": "kind", "values": null}'::jsonb) AS details
    FROM old
), sealed AS (
    SELECT deed.*, sha256(before.audit_hash || convert_to(json_build_object(
        'action', 'setMark', 'actor_id', $2, 'at', now(), 'details', details,
        'entity', entity, 'request_id', $10, 'role', $3)::text, 'UTF8')) AS hash
    FROM deed, before
), head AS (
    UPDATE school_heads h SET event_seq = h.event_seq + 1, audit_seq = h.audit_seq + 1,
        audit_hash = sealed.hash
    FROM sealed WHERE h.school_id = $1
), audited AS (
    INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
        request_id, previous_hash, hash)
    SELECT $1, 1, before.audit_seq + 1, now(), $2, $3, 'setMark', sealed.entity,
        sealed.details, $10, before.audit_hash, sealed.hash
    FROM sealed, before
), told AS (
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT $1, before.event_seq + 1, 'JOURNAL', 'MARK_SET', sealed.entity, now(), $7
    FROM sealed, before
)
SELECT put.* FROM put;
END;
COMMENT ON FUNCTION bench.put_mark IS E'@name put_mark\n@behavior -mutationField';

GRANT SELECT ON ALL TABLES IN SCHEMA bench TO gorod_app;
