-- Those of some persons whom a member of staff may write to: all staff, and the families of their
-- students, of guardians those whom the school may write to. $1 school, $2 persons, $3 whether the
-- viewer oversees all families, $4 the viewer's pupils.
SELECT k.person_id, s.id IS NOT NULL OR g.id IS NOT NULL AS is_family,
    c.mail_recipients::int AS most
FROM unnest($2::bigint[]) AS k (person_id)
JOIN schools c ON c.id = $1
LEFT JOIN students s ON s.school_id = $1 AND s.person_id = k.person_id
LEFT JOIN guardians g ON g.school_id = $1 AND g.person_id = k.person_id
LEFT JOIN staff w ON w.school_id = $1 AND w.person_id = k.person_id
CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE c.time_zone)::date AS today) d
WHERE w.hired_on <= d.today AND (w.dismissed_on IS NULL OR w.dismissed_on > d.today)
    OR s.id = ANY($4::bigint[]) OR $3::boolean AND s.status = 'ENROLLED'
    OR EXISTS (
        SELECT FROM guardian_links l
        JOIN students b ON b.school_id = l.school_id AND b.id = l.student_id
        JOIN persons p ON p.school_id = b.school_id AND p.id = b.person_id
        WHERE l.school_id = $1 AND l.guardian_id = g.id
            AND ($3::boolean OR l.student_id = ANY($4::bigint[]))
            AND l.may_contact AND l.legal_status <> 'TERMINATED'
            AND l.valid_from <= d.today AND (l.valid_to IS NULL OR l.valid_to > d.today)
            AND (p.adult_on IS NULL OR p.adult_on > d.today OR (l.consent_from <= d.today
                AND (l.consent_to IS NULL OR l.consent_to > d.today))))
