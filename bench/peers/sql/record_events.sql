-- The audit entry of a command and its events, one for each student. $1 school, $2 when, $3 actor,
-- $4 role, $5 action, $6 what the entry names, $7 details, $8 request, $9 what is sealed, $10 topic,
-- $11 kind, $12 what the events are about, $13 students, $14 whom the events are for.
WITH before AS (
    SELECT audit_hash FROM school_heads WHERE school_id = $1 FOR UPDATE
), head AS (
    UPDATE school_heads SET event_seq = event_seq + cardinality($13::bigint[]),
        audit_seq = audit_seq + 1, audit_hash = sha256(before.audit_hash || $9)
    FROM before WHERE school_id = $1
    RETURNING event_seq, audit_seq, school_heads.audit_hash, before.audit_hash AS previous
), deed AS (
    INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
        request_id, previous_hash, hash)
    SELECT $1, 1, audit_seq, $2, $3, $4, $5, $6, $7, $8, previous, audit_hash FROM head
)
INSERT INTO events (school_id, seq, topic, kind, entity, at, student_id, persons)
SELECT $1, event_seq - cardinality($13::bigint[]) + k.place, $10, $11, $12, $2, k.student_id,
    $14::bigint[]
FROM head, unnest($13::bigint[]) WITH ORDINALITY AS k (student_id, place)
