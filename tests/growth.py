"""Ten years of a school's notices, letters and pupils, written by the database itself."""

NOTICES = """
WITH made AS (
    INSERT INTO notices (school_id, version, author_id, title, body, visible_from, is_pinned,
        requires_acknowledgement, visible_until)
    SELECT n.school_id, 1, n.author_id,
        (ARRAY['Собрание','Каток','Экскурсия','Питание','Расписание'])[1 + i % 5] || ' ' || i,
        'Уважаемые родители, просим вас ' || md5(i::text)
            || CASE WHEN i % 1000 = 7 THEN ' фагот' ELSE '' END,
        timestamptz '2026-11-22' - make_interval(mins => i * 100), i % 50 = 0, false,
        CASE WHEN i % 3 = 0
            THEN timestamptz '2026-11-22' - make_interval(mins => i * 100 - 20000) END
    FROM (SELECT * FROM notices WHERE school_id = 1 ORDER BY id LIMIT 1) n,
        generate_series({first}, {last}) i
    RETURNING school_id, id
)
INSERT INTO notice_targets (school_id, version, notice_id, kind, grade_level, school_class_id,
    section_id, person_id, to_students, to_guardians, to_staff)
SELECT m.school_id, 1, m.id,
    (ARRAY['SCHOOL','SCHOOL_CLASS','GRADE_LEVEL','SCHOOL_CLASS','PERSON'])[1 + h % 5],
    CASE WHEN h % 5 = 2 THEN 1 + h / 5 % 11 END,
    CASE WHEN h % 5 IN (1, 3) THEN 1 + h / 5 % 11 END, NULL,
    CASE WHEN h % 5 = 4 THEN 1 + h / 5 % 200 END, true, true, true
FROM (SELECT *, abs(hashint8(id)::bigint) AS h FROM made) m
"""
LETTERS = """
WITH made AS (
    INSERT INTO mail_messages (school_id, version, sender_id, subject, body, sent_at,
        shows_recipients)
    SELECT 1, 1, 1 + i % 20, (ARRAY['Собрание','Каток','Экскурсия'])[1 + i % 3] || ' ' || i,
        'Здравствуйте, ' || md5(i::text) || CASE WHEN i % 1000 = 7 THEN ' фагот' ELSE '' END,
        timestamptz '2026-11-22' - make_interval(mins => i * 250), true
    FROM generate_series({first}, {last}) i
    RETURNING school_id, id, sender_id, sent_at
), sent AS (
    INSERT INTO mail_copies (school_id, version, message_id, person_id, role, folder, read_at, at)
    SELECT school_id, 1, id, sender_id, 'FROM', 'SENT', sent_at, sent_at FROM made
)
INSERT INTO mail_copies (school_id, version, message_id, person_id, role, folder, read_at, at)
SELECT school_id, 1, id, 21 + id % 10, 'TO', 'INBOX',
    CASE WHEN id % 10 > 0 THEN sent_at END, sent_at
FROM made
UNION ALL SELECT school_id, 1, id, 1, 'CC', 'INBOX', sent_at, sent_at FROM made
WHERE sender_id <> 1 AND id % 3 = 0
"""
PEOPLE = """
WITH made AS (
    INSERT INTO persons (school_id, version, family_name, given_name, patronymic)
    SELECT 1, 1, (ARRAY['Абрамова','Борисова','Власова'])[1 + i % 3] || '-' || md5(i::text),
        'Анна', 'Сергеевна'
    FROM generate_series({first}, {last}) i
    RETURNING school_id, id
)
INSERT INTO students (school_id, version, person_id, personal_file_no, admitted_on, status)
SELECT school_id, 1, id, 'Р-' || id, '2026-09-01',
    CASE WHEN id % 10 = 0 THEN 'ENROLLED' ELSE 'GRADUATED' END FROM made
"""
TABLES = ("notices", "notice_targets", "mail_messages", "mail_copies", "persons", "students")
