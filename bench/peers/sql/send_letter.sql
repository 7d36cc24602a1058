-- Writes a letter and the copies of all who hold it; gives its key. $1 school, $2 writer,
-- $3 subject, $4 text, $5 whether recipients see each other, $6 when, $7 recipients, $8 their roles.
WITH letter AS (
    INSERT INTO mail_messages (school_id, sender_id, subject, body, shows_recipients, sent_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING id
), copies AS (
    INSERT INTO mail_copies (school_id, message_id, person_id, role, folder, at, read_at)
    SELECT $1, letter.id, $2, 'FROM', 'SENT', $6, $6 FROM letter
    UNION ALL
    SELECT $1, letter.id, k.person_id, k.role, 'INBOX', $6, NULL
    FROM letter, unnest($7::bigint[], $8::text[]) AS k (person_id, role)
)
SELECT id FROM letter
