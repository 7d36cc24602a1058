-- The audit entry and the event of a command. $1 school, $2 when, $3 actor, $4 role, $5 action,
-- $6 what it was about, $7 details, $8 request, $9 what is sealed, $10 student.
WITH before AS (
    SELECT audit_hash FROM school_heads WHERE school_id = $1 FOR UPDATE
), head AS (
    UPDATE school_heads SET event_seq = event_seq + 1, audit_seq = audit_seq + 1,
        audit_hash = sha256(before.audit_hash || $9)
    FROM before WHERE school_id = $1
    RETURNING event_seq, audit_seq, school_heads.audit_hash, before.audit_hash AS previous
), deed AS (
    INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
        request_id, previous_hash, hash)
    SELECT $1, 1, audit_seq, $2, $3, $4, $5, $6, $7, $8, previous, audit_hash FROM head
)
INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id)
SELECT $1, event_seq, 'JOURNAL', 'MARK_SET', $6, $2, $10 FROM head
