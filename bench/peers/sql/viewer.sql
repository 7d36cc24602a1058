-- Who holds a token, and what their role lets them see. $1 school, $2 hash of the token.
WITH who AS MATERIALIZED (
    SELECT s.role, a.person_id, g.id AS guardian_id, w.id AS staff_id,
        (now() AT TIME ZONE c.time_zone)::date AS today
    FROM sessions s
    JOIN accounts a ON a.school_id = s.school_id AND a.id = s.account_id AND a.status = 'ACTIVE'
    JOIN schools c ON c.id = s.school_id
    LEFT JOIN guardians g
        ON g.school_id = a.school_id AND g.person_id = a.person_id AND s.role = 'PARENT'
    LEFT JOIN staff w
        ON w.school_id = a.school_id AND w.person_id = a.person_id AND s.role <> 'PARENT'
    WHERE s.school_id = $1 AND s.access_hash = $2 AND s.revoked_at IS NULL
        AND s.access_expires_at > now()
), taught AS MATERIALIZED (
    SELECT t.section_id FROM teaching_assignments t, who
    WHERE t.school_id = $1 AND t.staff_id = who.staff_id AND t.valid_from <= today
        AND (t.valid_to IS NULL OR t.valid_to > today)
), led AS MATERIALIZED (
    SELECT t.school_class_id FROM class_teachers t, who
    WHERE t.school_id = $1 AND t.staff_id = who.staff_id AND who.role = 'CLASS_TEACHER'
        AND t.valid_from <= today AND (t.valid_to IS NULL OR t.valid_to > today)
), wards AS MATERIALIZED (
    SELECT l.student_id FROM guardian_links l
    JOIN students s ON s.school_id = l.school_id AND s.id = l.student_id
    JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id, who
    WHERE l.school_id = $1 AND l.guardian_id = who.guardian_id AND l.may_receive_info
        AND l.legal_status <> 'TERMINATED' AND l.valid_from <= today
        AND (l.valid_to IS NULL OR l.valid_to > today)
        AND (p.adult_on IS NULL OR p.adult_on > today
            OR (l.consent_from <= today AND (l.consent_to IS NULL OR l.consent_to > today)))
    UNION
    SELECT m.student_id FROM class_memberships m, who
    WHERE m.school_id = $1 AND m.school_class_id IN (SELECT school_class_id FROM led)
        AND m.valid_from <= today AND (m.valid_to IS NULL OR m.valid_to > today)
), pupils AS MATERIALIZED (
    SELECT student_id FROM wards
    UNION
    SELECT m.student_id FROM section_memberships m, who
    WHERE m.school_id = $1 AND m.section_id IN (SELECT section_id FROM taught)
        AND m.valid_from <= today AND (m.valid_to IS NULL OR m.valid_to > today)
), known AS MATERIALIZED (
    SELECT section_id FROM taught
    UNION
    SELECT m.section_id FROM section_memberships m
    WHERE m.school_id = $1 AND m.student_id IN (SELECT student_id FROM wards)
), addressed AS MATERIALIZED (
    SELECT section_id FROM taught
    UNION
    SELECT m.section_id FROM section_memberships m, who
    WHERE m.school_id = $1 AND who.role = 'PARENT' AND m.student_id IN (SELECT student_id FROM wards)
        AND m.valid_from <= today AND (m.valid_to IS NULL OR m.valid_to > today)
), classes AS MATERIALIZED (
    SELECT school_class_id AS id FROM led
    UNION
    SELECT s.school_class_id FROM sections s
    WHERE s.school_id = $1 AND s.id IN (SELECT section_id FROM taught)
        AND s.school_class_id IS NOT NULL
    UNION
    SELECT m.school_class_id FROM class_memberships m, who
    WHERE m.school_id = $1 AND who.role = 'PARENT' AND m.student_id IN (SELECT student_id FROM wards)
        AND m.valid_from <= today AND (m.valid_to IS NULL OR m.valid_to > today)
)
SELECT $1::bigint AS school_id, role, person_id, staff_id,
    role = 'PARENT' AS family,
    role IN ('DIRECTOR', 'DEPUTY_DIRECTOR') AS oversees,
    ARRAY(SELECT permission FROM role_rights r WHERE r.school_id = $1 AND r.role = who.role) AS rights,
    ARRAY(SELECT section_id FROM taught) AS taught,
    ARRAY(SELECT school_class_id FROM led) AS led,
    ARRAY(SELECT student_id FROM wards) AS wards,
    ARRAY(SELECT student_id FROM pupils) AS pupils,
    ARRAY(SELECT section_id FROM known) AS sections,
    ARRAY(SELECT section_id FROM addressed) AS addressed,
    ARRAY(SELECT id FROM classes) AS classes,
    ARRAY(SELECT DISTINCT grade_level FROM school_classes c
        WHERE c.school_id = $1 AND c.id IN (SELECT id FROM classes)) AS grades
FROM who
