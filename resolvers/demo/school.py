"""Making one demo school in one transaction: people first, then their year."""

from collections.abc import Callable
from datetime import date

import asyncpg

from models.access.roles import Role
from models.secrets import Secrets
from resolvers.demo.attendance import Attendance
from resolvers.demo.audience import Audience, of_teachers
from resolvers.demo.board import Board
from resolvers.demo.cast import NEWCOMER, RETIRED_ON, RETIRES
from resolvers.demo.credentials import Credentials
from resolvers.demo.density import Density
from resolvers.demo.families import Population, fill_sections
from resolvers.demo.ground import Ground, Site, rooms_for
from resolvers.demo.ledger import Ledger
from resolvers.demo.lessons import Lessons
from resolvers.demo.letters import Post
from resolvers.demo.marks import Marks
from resolvers.demo.people import POSITIONS, Registry
from resolvers.demo.plan import Plan
from resolvers.demo.requests import write_requests
from resolvers.demo.roster import Faculty
from resolvers.demo.structure import write_classes
from resolvers.demo.term_marks import TermMarks, close_journals
from resolvers.demo.timetable import Timetable
from resolvers.school.school_year import SchoolYear

Told = Callable[[float], None]
PEOPLE_DONE, LESSONS_DONE = 0.1, 0.95


async def make_school_row(connection: "asyncpg.Connection[asyncpg.Record]", plan: Plan) -> int:
    """Write the school, and make it the school of this transaction."""
    card = plan.card
    school_id: int = await connection.fetchval(
        "INSERT INTO schools (version, short_name, full_name, legal_address, phone, email, site,"
        " time_zone, sourced_id) VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        card.short,
        card.full,
        card.address,
        card.phone,
        f"office@{card.host}",
        f"https://{card.host}",
        card.zone,
        plan.key,
    )
    await connection.execute(f"SET LOCAL app.school_id = '{school_id:d}'")
    await connection.execute(
        "INSERT INTO school_heads (school_id, event_seq, audit_seq, audit_hash)"
        " VALUES ($1, 0, 0, $2)",
        school_id,
        bytes(32),
    )
    return school_id


async def skip_reference_checks(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Switch off checks of foreign keys, five sixths of the time, if the server permits it.

    All keys are made here, and the tests load once with the checks on. The database still checks
    all else: limits, uniqueness, overlaps.
    """
    allowed = "SELECT has_parameter_privilege('session_replication_role', 'SET')"
    if await connection.fetchval(allowed):
        await connection.execute("SET LOCAL session_replication_role = replica")


class Making:
    """The parts of a school, in the order in which they depend on each other."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.ground = Ground(site)
        self.faculty = Faculty(site.rng("faculty"), site.plan, site.year)
        retired_on = site.day(*RETIRED_ON)
        if retired_on < site.today:
            self.faculty.replace_teacher(RETIRES, retired_on, NEWCOMER)
        self.rooms = rooms_for(site, self.faculty.teachers)
        self.classes = self.faculty.classes
        staff = {teacher.human.login: teacher.human for teacher in self.faculty.teachers}
        staff.pop("", None)
        self.population = Population(site, self.classes, staff)
        self.registry = Registry(site)

    async def people(self, credentials: Credentials) -> None:
        """Write cards, ties, accounts, classes and sections."""
        self.registry.hire_office()
        for teacher in self.faculty.teachers:
            newcomer = any(other.heir is teacher for other in self.faculty.teachers)
            self.registry.hire(teacher, self.site.day(*RETIRED_ON) if newcomer else None)
        for family in self.population.families:
            self.registry.settle(family)
        await self.registry.open_accounts(credentials)
        write_requests(self.site, self.registry.office, self.registry.grants)
        rng = self.site.rng("groups")
        for klass in self.classes:
            fill_sections(rng, klass)
        write_classes(self.site, self.ground, self.classes)
        await self.site.ledger.flush()

    async def year(self, told: Told) -> None:
        """Write lessons, journal and term marks, class by class to save memory."""
        site, meetings = self.site, self._timetable().meetings
        lessons = Lessons(site, meetings, self._substitute())
        density = self._density(lessons)
        attendance, marks = Attendance(site, density), Marks(site, self.ground, density)
        attendance.miss_days(self.population.pupils)
        for number, klass in enumerate(self.classes, 1):
            for lesson in lessons.write(klass):
                marks.write(lesson, attendance.write(lesson))
            await site.ledger.flush()
            told(PEOPLE_DONE + (LESSONS_DONE - PEOPLE_DONE) * number / len(self.classes))
        term_marks = TermMarks(site, self.ground, marks.sums)
        for klass in self.classes:
            term_marks.write(klass)
        director = self.registry.office[Role.DIRECTOR]
        close_journals(site, self.ground, director.id)
        audience = self._audience()
        Board(site, self.registry.office, self.classes, audience).write()
        Post(site, audience).write()
        await site.ledger.flush()

    def _audience(self) -> Audience:
        office = [h for role, h in self.registry.office.items() if role in POSITIONS]
        staff = office + of_teachers(self.faculty.teachers)
        return Audience(self.population.families, staff, self.site.today)

    def _timetable(self) -> Timetable:
        return Timetable(self.site.rng("timetable"), self.classes, self.rooms)

    def _substitute(self) -> tuple[int, int] | None:
        """Return staff and person of the deputy director, who teaches no section and is free."""
        staff = self.registry.office_staff.get(Role.DEPUTY_DIRECTOR)
        return (staff, self.registry.office[Role.DEPUTY_DIRECTOR].id) if staff else None

    def _density(self, lessons: Lessons) -> Density:
        """Return the density by the number of (student, lesson); grade 1 has no marks."""
        if self.site.plan.rows is None:
            return Density()
        cells = {klass: lessons.count_past(klass) * len(klass.pupils) for klass in self.classes}
        graded = sum(number for klass, number in cells.items() if klass.grade > 1)
        return Density.for_rows(self.site.plan.rows, sum(cells.values()), graded)


async def make(
    connection: "asyncpg.Connection[asyncpg.Record]",
    plan: Plan,
    seed: int,
    today: date,
    secrets: Secrets,
    credentials: Credentials,
    told: Told,
) -> None:
    """Make the school of the plan; `told` is called with the share that is done."""
    async with connection.transaction():
        await skip_reference_checks(connection)
        school_id = await make_school_row(connection, plan)
        ledger = await Ledger.open(connection)
        site = Site(school_id, plan, SchoolYear.of_day(today), today, seed, ledger, secrets)
        making = Making(site)
        await making.people(credentials)
        told(PEOPLE_DONE)
        await making.year(told)
    told(1.0)
