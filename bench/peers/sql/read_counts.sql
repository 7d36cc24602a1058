-- How many have read notices. $1 school, $2 notices.
SELECT notice_id, count(*)::int AS read_count FROM notice_receipts
WHERE school_id = $1 AND notice_id = ANY($2::bigint[]) GROUP BY notice_id
