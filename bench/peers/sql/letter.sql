-- A letter that the viewer holds. $1 school, $2 letter, $3 viewer.
SELECT m.id, m.subject, m.shows_recipients, m.version::int AS version, p.full_name AS sender_name
FROM mail_messages m JOIN persons p ON p.school_id = m.school_id AND p.id = m.sender_id
WHERE m.school_id = $1 AND m.id = $2 AND EXISTS (SELECT FROM mail_copies c
    WHERE c.school_id = $1 AND c.message_id = m.id AND c.person_id = $3 AND c.folder IS NOT NULL)
