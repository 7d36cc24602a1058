"""The variables of requests that write, and the drawing of all requests."""

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection
from datetime import date

from bench import summer
from bench.asks import QUERIES, Ask, Connection, Drawing

CELLS = """
    SELECT w.person_id, m.assignment_id, m.student_id, m.value, m.version
    FROM marks m
    JOIN lessons l ON l.school_id = m.school_id AND l.id = m.lesson_id AND l.status = 'CONDUCTED'
    JOIN sections s ON s.school_id = m.school_id AND s.id = m.section_id AND s.scale = 'FIVE_POINT'
    JOIN terms q ON q.school_id = s.school_id AND q.term_type_id = s.term_type_id
        AND l.date BETWEEN q.starts_on AND q.ends_on AND q.status = 'OPEN'
    JOIN teaching_assignments t ON t.school_id = s.school_id AND t.section_id = s.id
        AND t.valid_to IS NULL AND t.staff_id = l.staff_id
    JOIN staff w ON w.school_id = t.school_id AND w.id = t.staff_id
    JOIN section_memberships b ON b.school_id = m.school_id AND b.section_id = m.section_id
        AND b.student_id = m.student_id AND b.valid_to IS NULL
    WHERE m.school_id = $1 AND m.kind = 'NUMERIC' AND m.withdrawn_at IS NULL
        AND m.published_at < now() AND NOT EXISTS (
            SELECT FROM attendance_records a WHERE a.school_id = $1 AND a.lesson_id = m.lesson_id
                AND a.student_id = m.student_id)
    ORDER BY md5(m.id::text) LIMIT $2
"""
VERSIONS = """
    SELECT assignment_id, student_id, version FROM marks
    WHERE school_id = $1 AND assignment_id = ANY($2::bigint[])
"""
PARENTS = """
    SELECT w.person_id AS teacher, array_agg(DISTINCT g.person_id) AS parents
    FROM class_teachers t
    JOIN staff w ON w.school_id = t.school_id AND w.id = t.staff_id
    JOIN class_memberships m ON m.school_id = t.school_id AND m.school_class_id = t.school_class_id
        AND m.valid_to IS NULL
    JOIN students s ON s.school_id = m.school_id AND s.id = m.student_id
    JOIN persons p ON p.school_id = s.school_id AND p.id = s.person_id AND p.adult_on > $2
    JOIN guardian_links l ON l.school_id = s.school_id AND l.student_id = s.id
        AND l.valid_to IS NULL AND l.may_contact AND l.legal_status = 'FULL'
    JOIN guardians g ON g.school_id = l.school_id AND g.id = l.guardian_id
    WHERE t.school_id = $1 AND t.valid_to IS NULL AND NOT t.is_deputy
    GROUP BY w.person_id HAVING count(DISTINCT g.person_id) >= $3 ORDER BY w.person_id
"""
RECIPIENTS = 30
SUBJECT = "Родительское собрание в пятницу, 18:30"
"""The subject of the letters of the bench, by which they are deleted."""
BODY = (
    "Уважаемые родители! Приглашаю вас на собрание в пятницу в 18:30, кабинет 214. Поговорим об "
    "итогах четверти, о поездке в музей и о дежурстве в столовой. Кто не сможет прийти, напишите, "
    "пожалуйста, до четверга: передам протокол и ведомость с отметками.\n\nКлассный руководитель"
)


class DrawingWrites(Drawing):
    """The asks of one school with those that write."""

    @property
    def makers(self) -> dict[str, Callable[[], Awaitable[list[Ask]]]]:
        return super().makers | {"M1": self.cells, "M2": self.lessons, "M3": self.letters}

    async def cells(self) -> list[Ask]:
        return [
            await self.ask(
                row["person_id"],
                "SUBJECT_TEACHER",
                {
                    "assignment": self.id("Assignment", row["assignment_id"]),
                    "student": self.id("Student", row["student_id"]),
                    "value": row["value"],  # unchanged, or other answers would differ
                    "version": "<version>",
                },
                row["version"],
            )
            for row in await self.rows(CELLS, self.many * 4)
        ]

    async def lessons(self) -> list[Ask]:
        """Draw lessons that nobody has recorded, as many as there are: each serves once."""
        return [
            await self.ask(
                row["person_id"], "SUBJECT_TEACHER", {"lesson": self.id("Lesson", row["id"])}
            )
            for row in await self.rows(summer.LESSONS)
        ]

    async def letters(self) -> list[Ask]:
        classes = await self.rows(PARENTS, self.today, RECIPIENTS)
        asks = []
        for number in range(self.many):
            row = classes[number % len(classes)]
            parents = self.rng.sample(row["parents"], RECIPIENTS)
            to = [self.id("PublicPerson", one) for one in parents]
            told = {"to": to, "subject": SUBJECT, "body": BODY}
            asks.append(await self.ask(row["teacher"], "CLASS_TEACHER", told))
        return asks


async def draw(
    connection: Connection, today: date, many: int, queries: Collection[str] = QUERIES
) -> dict[str, list[Ask]]:
    """Draw the asks of all schools, mixed.

    many: The number per query.
    """
    schools = [r["id"] for r in await connection.fetch("SELECT id FROM schools ORDER BY id")]
    found: dict[str, list[Ask]] = defaultdict(list)
    each = -(-many // len(schools))
    for school_id in schools:
        for query, asks in (
            await DrawingWrites(connection, school_id, today, each).draw_all(queries)
        ).items():
            found[query] += asks
    for asks in found.values():
        random.Random(1).shuffle(asks)
    return dict(found)
