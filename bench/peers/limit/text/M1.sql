-- $1 school, $2 assignment, $3 student, $4 value, $5 expected version, $6 person, $7 request.
WITH before AS (
    SELECT event_seq, audit_seq, audit_hash FROM school_heads WHERE school_id = $1 FOR UPDATE
), old AS (
    SELECT m.id, m.kind, m.value, m.section_id, m.lesson_id FROM marks m, before
    WHERE m.school_id = $1 AND m.assignment_id = $2 AND m.student_id = $3 AND m.version = $5
    FOR UPDATE OF m
), put AS (
    UPDATE marks m SET version = m.version + 1, kind = 'NUMERIC', value = $4, comment = NULL,
        author_id = $6, set_at = now(), withdrawn_at = NULL
    FROM old WHERE m.school_id = $1 AND m.id = old.id
    RETURNING m.id, m.value, m.kind, m.version, m.student_id, m.assignment_id
), revised AS (
    INSERT INTO mark_revisions (school_id, mark_id, author_id, old_kind, old_value, new_kind,
        new_value, source, at)
    SELECT $1, id, $6, kind, value, 'NUMERIC', $4, 'JOURNAL', now() FROM old
), deed AS (
    SELECT 'Mark:' || $1 || '-' || put.id AS entity,
        '[{"name": "value", "values": null}]'::jsonb AS details,
        sha256(before.audit_hash || convert_to(json_build_object('action', 'setMark',
            'actor_id', $6, 'at', now(), 'details', '[{"name": "value", "values": null}]'::jsonb, 'entity', put.id,
            'request_id', $7::text, 'role', 'SUBJECT_TEACHER')::text, 'UTF8')) AS hash
    FROM put, before
), head AS (
    UPDATE school_heads h SET event_seq = h.event_seq + 1, audit_seq = h.audit_seq + 1,
        audit_hash = deed.hash
    FROM deed WHERE h.school_id = $1
), audited AS (
    INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
        request_id, previous_hash, hash)
    SELECT $1, 1, before.audit_seq + 1, now(), $6, 'SUBJECT_TEACHER', 'setMark',
        deed.entity, deed.details, $7, before.audit_hash, deed.hash
    FROM deed, before
), told AS (
    INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
    SELECT $1, before.event_seq + 1, 'JOURNAL', 'MARK_SET', deed.entity, now(), $3
    FROM deed, before
)
SELECT '{"data":{"setMark":{"mark":{"id":"Mark:' || $1 || '-' || k.id || '","value":' || k.value
    || ',"kind":"' || k.kind || '","version":' || k.version
    || ',"student":{"fullName":' || to_json(p.full_name)::text
    || '},"assignment":{"title":' || to_json(a.title)::text || ',"weight":"' || a.weight
    || '"}},"userErrors":[]}}}'
FROM put k
JOIN assignments a ON a.school_id = $1 AND a.id = k.assignment_id
JOIN students s ON s.school_id = $1 AND s.id = k.student_id
JOIN persons p ON p.school_id = $1 AND p.id = s.person_id
