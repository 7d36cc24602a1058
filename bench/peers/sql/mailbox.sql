-- One's inbox. $1 school, $2 person, $3 how many.
SELECT c.id, to_char(c.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
    to_char(c.read_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS read_at, m.subject, p.full_name AS sender_name
FROM mail_copies c
JOIN mail_messages m ON m.school_id = c.school_id AND m.id = c.message_id
JOIN persons p ON p.school_id = m.school_id AND p.id = m.sender_id
WHERE c.school_id = $1 AND c.person_id = $2 AND c.folder = 'INBOX'
ORDER BY c.at DESC, c.id
LIMIT $3
