"""What the authorisation matrix is asked about: rows with a value in every field, of kinds and in
places that the demo school has none of, and the questions that lead to all that is no row."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ROWS = """
INSERT INTO files (school_id, version, owner_id, name, media_type, size, status, created_at,
    uploaded_at, sha256)
    SELECT 1, 1, p.id, 'a.pdf', 'application/pdf', 10, 'READY', now(), now(), 'x'
    FROM persons p WHERE p.school_id = 1;
INSERT INTO homework_attachments (school_id, version, homework_id, file_id, position)
    SELECT 1, 1, h.id, f.id, 0 FROM homework h, (SELECT min(id) AS id FROM files) f
    WHERE h.school_id = 1;
INSERT INTO notice_attachments (school_id, version, notice_id, file_id, position)
    SELECT 1, 1, n.id, f.id, 0 FROM notices n, (SELECT min(id) AS id FROM files) f
    WHERE n.school_id = 1;
INSERT INTO mail_attachments (school_id, version, message_id, file_id, position)
    SELECT 1, 1, m.id, f.id, 0 FROM mail_messages m, (SELECT min(id) AS id FROM files) f
    WHERE m.school_id = 1;
INSERT INTO audit_events (school_id, version, seq, at, actor_id, role, action, entity, details,
    request_id, previous_hash, hash)
    SELECT 1, 1, 1000000, now(), min(id), 'SECRETARY', 'setMark', 'Mark:1-1',
    '[{"name": "value", "values": null}, {"name": "kind", "values": ["NUMERIC"]}]', 'r', 'p', 'h'
    FROM persons WHERE school_id = 1;
INSERT INTO sensitive_reads (school_id, audit_event_id, student_id, record_type, reader_id, role,
    at) SELECT 1, a.id, s.id, 'StudentHealth', a.actor_id, 'SECRETARY', now()
    FROM audit_events a, students s WHERE a.school_id = 1 AND s.school_id = 1;
INSERT INTO sensitive_reads (school_id, audit_event_id, staff_id, record_type, reader_id, role, at)
    SELECT 1, a.id, s.id, 'StaffIdentity', a.actor_id, 'DIRECTOR', now()
    FROM audit_events a, staff s WHERE a.school_id = 1 AND s.school_id = 1;
UPDATE accounts SET status_reason = 'по заявлению' WHERE school_id = 1;
UPDATE guardian_links SET consent_from = '2026-11-01', consent_to = '2027-06-01',
    valid_to = '2027-06-01', basis_document = 'решение суда' WHERE school_id = 1;
UPDATE assignments SET due_on = '2026-11-30', publish_at = '2026-09-01' WHERE school_id = 1;
UPDATE attendance_records SET code = 'LATE', minutes_late = 5 WHERE school_id = 1;
UPDATE class_teachers SET valid_to = '2027-06-01' WHERE school_id = 1 AND valid_to IS NULL;
UPDATE section_memberships SET valid_to = '2027-06-01' WHERE school_id = 1 AND valid_to IS NULL;
UPDATE teaching_assignments SET hours = 3, valid_to = '2027-06-01'
    WHERE school_id = 1 AND valid_to IS NULL;
UPDATE enrollments SET exit_date = '2027-06-01', exit_reason = 'переезд', destination = 'Томск'
    WHERE school_id = 1 AND exit_date IS NULL;
UPDATE journal_closures SET reopened_at = now(), reason = 'ошибка', reopened_by_id = closed_by_id
    WHERE school_id = 1;
UPDATE lessons SET moved_from = now(), override_reason = 'так надо',
    overridden_warnings = '{LATE_LESSON}' WHERE school_id = 1;
UPDATE school_classes SET override_reason = 'так надо', overridden_warnings = '{SECOND_SHIFT}'
    WHERE school_id = 1;
UPDATE mark_revisions SET old_kind = 'NUMERIC', old_value = 3, reason = 'пересдача'
    WHERE school_id = 1;
UPDATE marks SET comment = 'молодец' WHERE school_id = 1;
UPDATE term_marks SET comment = 'старается' WHERE school_id = 1;
UPDATE term_mark_revisions SET old_value = 'THREE', reason = 'пересдача' WHERE school_id = 1;
UPDATE rooms SET building = 'А' WHERE school_id = 1;
UPDATE schools SET postal_address = 'ул. Мира, 1' WHERE id = 1;
UPDATE staff SET dismissed_on = '2027-08-01' WHERE school_id = 1 AND dismissed_on IS NULL;
UPDATE student_contacts SET email = 'a@example.org', phone = '+7' WHERE school_id = 1;
UPDATE student_health SET accommodations = 'первая парта', physical_education = 'основная'
    WHERE school_id = 1;
UPDATE sessions SET user_agent = 'telephone';
UPDATE role_grants SET valid_to = '2027-06-01', basis = 'приказ' WHERE school_id = 1;
INSERT INTO role_grants (school_id, version, person_id, role, scope, grade_level, granted_at,
    valid_from) SELECT 1, 1, max(id), 'DEPUTY_DIRECTOR', 'GRADE_LEVEL', 7, now(), '2026-09-01'
    FROM persons WHERE school_id = 1;
INSERT INTO role_grants (school_id, version, person_id, role, scope, school_class_id, granted_at,
    valid_from) SELECT 1, 1, max(id), 'DEPUTY_DIRECTOR', 'SCHOOL_CLASS', 7, now(), '2026-09-01'
    FROM persons WHERE school_id = 1;
INSERT INTO access_requests (school_id, version, kind, status, subject, role, person_id, scope,
    grade_level, valid_from, valid_to, basis, concerns_director, requested_by_id, requested_at,
    expires_at) SELECT 1, 1, 'GRANT_ROLE', 'PENDING', 'grade', 'DEPUTY_DIRECTOR', max(id),
    'GRADE_LEVEL', 7, '2026-12-01', '2027-06-01', 'приказ', false, 3, now(), now() + interval '9 d'
    FROM persons WHERE school_id = 1;
INSERT INTO access_requests (school_id, version, kind, status, subject, role, person_id, scope,
    school_class_id, valid_from, basis, concerns_director, requested_by_id, requested_at,
    expires_at) SELECT 1, 1, 'GRANT_ROLE', 'PENDING', 'class', 'DEPUTY_DIRECTOR', max(id),
    'SCHOOL_CLASS', 7, '2026-12-01', 'приказ', true, 1, now(), now() + interval '9 d'
    FROM persons WHERE school_id = 1;
INSERT INTO access_requests (school_id, version, kind, status, subject, role, person_id,
    revoked_grant_id, basis, concerns_director, requested_by_id, requested_at, expires_at)
    SELECT 1, 1, 'REVOKE_ROLE', 'PENDING', 'revoke', role, person_id, id, 'приказ', false, 3,
    now(), now() + interval '9 d' FROM role_grants WHERE school_id = 1 ORDER BY id DESC LIMIT 1;
INSERT INTO access_requests (school_id, version, kind, status, subject, account_id, person_id,
    basis, concerns_director, requested_by_id, requested_at, expires_at)
    SELECT 1, 1, 'UNLOCK_ACCOUNT', 'PENDING', 'unlock', id, person_id, 'просьба', false, 3,
    now(), now() + interval '9 d' FROM accounts WHERE school_id = 1 ORDER BY id DESC LIMIT 1;
"""


async def make_specimens(sql: AsyncConnection) -> None:
    for statement in ROWS.split(";\n"):
        if statement.strip():
            await sql.execute(text(statement))


NOTICES = "SELECT 'Notice:1-' || id FROM notices WHERE school_id = 1"
LETTERS = "SELECT 'MailMessage:1-' || id FROM mail_messages WHERE school_id = 1 ORDER BY id LIMIT 9"
WEEK = {"from": "2026-11-16", "to": "2026-11-22"}


async def questions(sql: AsyncConnection) -> dict[str, list[dict[str, Any]]]:
    """By root field, the arguments to ask it with: of one's own and of others'. What is not here
    is asked without any."""
    return {
        "diary": [{"studentId": f"Student:1-{key}", **WEEK} for key in (1, 2, 3, 30)],
        "journal": [{"sectionId": f"Section:1-{key}", **WEEK} for key in (68, 84, 60, 64, 20)],
        "termMarkSheet": [
            {"sectionId": f"Section:1-{key}", "termId": f"Term:1-{term}"}
            for key in (68, 84, 60, 64, 20)
            for term in (1, 2)
        ],
        "classAverages": [
            {"schoolClassId": f"SchoolClass:1-{key}", "termId": "Term:1-2"} for key in (7, 8, 3)
        ],
        "explainAccess": [
            {"accountId": "Account:1-1", "nodeId": "Student:1-1"},
            {"accountId": "Account:1-2", "nodeId": "SchoolClass:1-7", "field": "name"},
        ],
        "noticeReceipts": [{"noticeId": id_} for id_ in await sql.scalars(text(NOTICES))],
        "mailThread": [{"messageId": id_} for id_ in await sql.scalars(text(LETTERS))],
    }
