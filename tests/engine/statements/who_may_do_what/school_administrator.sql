-- compiled
SELECT (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"RoleGrant:' || $1::TEXT || '-' || role_grants.id || '","role":"' || role_grants.role || '"}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT role_grants.*, row_number() OVER (ORDER BY role_grants.granted_at DESC, role_grants.id ASC) AS rn
FROM role_grants AS role_grants
WHERE (role_grants.school_id = $2::BIGINT
AND true)
ORDER BY role_grants.granted_at DESC, role_grants.id ASC
LIMIT 6) AS role_grants) p), (SELECT '{"nodes":[' || coalesce(p.c0, '') || ']}'
FROM (SELECT string_agg('{"id":"Account:' || $1::TEXT || '-' || accounts.id || '","login":' || to_json(((SELECT credentials.login
FROM credentials
WHERE credentials.id = coalesce(accounts.known_as_id, accounts.credential_id))))::text || '}', ','
ORDER BY rn ASC) FILTER (WHERE rn <= 5) AS c0, count(*) AS n
FROM (SELECT accounts.*, row_number() OVER (ORDER BY t3.sort_key ASC, accounts.id ASC) AS rn
FROM accounts AS accounts INNER
JOIN persons AS t3 ON t3.school_id = $2::BIGINT
AND t3.id = accounts.person_id
WHERE (accounts.school_id = $2::BIGINT
AND true)
ORDER BY t3.sort_key ASC, accounts.id ASC
LIMIT 6) AS accounts) p)
