"""Lessons that nobody has recorded: those of a summer practice, in a year before the school's own.

M2 needs a fresh lesson for each request, and the demo has few lessons that were held and have no
attendance. No query of the bench reads these: they are in no week of a diary and in no quarter of a
journal. All students are in one section of the practice, in sections of 25.
"""

NAME = "Летняя практика"
TERM = 12
"""The ordinal of its term, which no other term has."""
SIZE = 25
"""The number of students in a section."""

FURNISH = {
    "summer year": f"""
        INSERT INTO academic_years (school_id, name, starts_on, ends_on, status)
        SELECT school_id, '{NAME}', starts_on - 100, starts_on - 2, 'PLANNED'
        FROM academic_years WHERE school_id = $1 AND status = 'CURRENT'
    """,
    "summer term": f"""
        INSERT INTO terms (school_id, academic_year_id, term_type_id, ordinal, name, starts_on,
            ends_on, status)
        SELECT y.school_id, y.id, min(t.id), {TERM}, y.name, y.starts_on, y.ends_on, 'OPEN'
        FROM academic_years y JOIN term_types t ON t.school_id = y.school_id
        WHERE y.school_id = $1 AND y.name = '{NAME}'
        GROUP BY y.school_id, y.id, y.name, y.starts_on, y.ends_on
    """,
    "summer subject": f"""
        INSERT INTO subjects (school_id, name, short_name, scale, position)
        VALUES ($1, '{NAME}', 'Практика', 'UNGRADED', 999)
    """,
    "summer sections": f"""
        INSERT INTO sections (school_id, academic_year_id, subject_id, term_type_id, name,
            is_subgroup, scale)
        SELECT t.school_id, t.academic_year_id, b.id, t.term_type_id, b.name || ' ' || n, false,
            b.scale
        FROM terms t JOIN subjects b ON b.school_id = t.school_id AND b.name = t.name,
            generate_series(1, (SELECT count(*) / {SIZE} FROM students
                WHERE school_id = $1 AND status = 'ENROLLED')) n
        WHERE t.school_id = $1 AND t.ordinal = {TERM}
    """,
    "summer members": f"""
        INSERT INTO section_memberships (school_id, section_id, student_id, subject_id, valid_from,
            valid_to)
        SELECT s.school_id, s.id, p.id, s.subject_id, t.starts_on, t.ends_on
        FROM (SELECT id, 1 + (row_number() OVER (ORDER BY id) - 1) / {SIZE} AS place
            FROM students WHERE school_id = $1 AND status = 'ENROLLED') p
        JOIN sections s ON s.school_id = $1 AND s.name = '{NAME} ' || p.place
        JOIN terms t ON t.school_id = $1 AND t.ordinal = {TERM}
    """,
    "summer teachers": f"""
        INSERT INTO teaching_assignments (school_id, section_id, staff_id, role, valid_from)
        SELECT s.school_id, s.id, p.staff_id, 'MAIN', t.starts_on
        FROM (SELECT staff_id, row_number() OVER (ORDER BY staff_id) AS place
            FROM teaching_assignments WHERE school_id = $1 AND valid_to IS NULL
            GROUP BY staff_id) p
        JOIN sections s ON s.school_id = $1 AND s.name = '{NAME} ' || p.place
        JOIN terms t ON t.school_id = $1 AND t.ordinal = {TERM}
    """,
    "summer lessons": f"""
        INSERT INTO lessons (school_id, section_id, staff_id, date, ordinal, starts_at, ends_at,
            status)
        SELECT a.school_id, a.section_id, a.staff_id, t.starts_on + day, n, make_time(8 + n, 0, 0),
            make_time(8 + n, 45, 0), 'PLANNED'
        FROM terms t
        JOIN sections s ON s.school_id = t.school_id AND s.academic_year_id = t.academic_year_id
        JOIN teaching_assignments a ON a.school_id = s.school_id AND a.section_id = s.id,
            generate_series(0, 49) day, generate_series(1, 4) n
        WHERE t.school_id = $1 AND t.ordinal = {TERM}
    """,
}
"""Statements that make the lessons, about 8000 in a school of a thousand."""

LESSONS = f"""
    SELECT l.id, w.person_id FROM terms t
    JOIN sections s ON s.school_id = t.school_id AND s.academic_year_id = t.academic_year_id
    JOIN lessons l ON l.school_id = s.school_id AND l.section_id = s.id
    JOIN staff w ON w.school_id = l.school_id AND w.id = l.staff_id
    WHERE t.school_id = $1 AND t.ordinal = {TERM} ORDER BY md5(l.id::text)
"""

OF_SUMMER = f"""
    section_id IN (SELECT s.id FROM sections s JOIN terms t
        ON t.school_id = s.school_id AND t.academic_year_id = s.academic_year_id
        WHERE t.ordinal = {TERM})
"""
UNDO = (
    f"DELETE FROM attendance_records WHERE {OF_SUMMER}",
    f"UPDATE lessons SET status = 'PLANNED', version = 1 WHERE version > 1 AND {OF_SUMMER}",
)
"""Statements that make all of them unrecorded again."""
