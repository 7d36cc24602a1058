-- Files of notices. $1 school, $2 notices.
SELECT a.notice_id, f.name AS file_name, f.media_type, f.size::int AS size
FROM notice_attachments a JOIN files f ON f.school_id = a.school_id AND f.id = a.file_id
WHERE a.school_id = $1 AND a.notice_id = ANY($2::bigint[]) ORDER BY a.position, a.id
