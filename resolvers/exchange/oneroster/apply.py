"""Import of a set: all its schools in one transaction, or nothing.

    report = await import_roster(owner_url, read(path), apply=False, today=date.today())

Without `apply` the same plan is made in a read-only transaction. A second import of the same set
changes nothing. An import creates no account, password or right.
"""

from datetime import date, datetime
from zoneinfo import available_timezones

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Id
from models.journal.marks import Mark
from models.problems import NoSuchTimeZone
from models.school.schools import School
from resolvers.access.operators import open_as_owner
from resolvers.core.context import set_school, utc_now
from resolvers.core.news import record
from resolvers.core.refusals import cause_constraint
from resolvers.exchange.oneroster.book import Book
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings, Severity
from resolvers.exchange.oneroster.founding import Target, adopt, find_targets, found_school
from resolvers.exchange.oneroster.marked import find_marks_in_the_way, read_free_days
from resolvers.exchange.oneroster.plan import count_rows, list_changes, plan_school
from resolvers.exchange.oneroster.report import ImportReport, SchoolReport
from resolvers.exchange.oneroster.roster import MOSCOW, RosterSet
from resolvers.exchange.oneroster.writing import ChangedMeanwhile, write

ACTION = "gorod import oneroster"
QUEUE = text("SELECT pg_advisory_xact_lock(x'6f6e65726f73746572'::bit(64)::bigint)")
"""The lock that makes imports run one after another. It is a statement of its own: otherwise the
snapshot of the next one would lack what was committed during the wait."""
LOOK_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def import_roster(
    url: str,
    roster: RosterSet,
    *,
    apply: bool,
    school: int | None = None,
    today: date,
    time_zone: str = MOSCOW,
    now: datetime | None = None,
) -> ImportReport:
    """Plan the set and, with `apply`, write it, unless there is an error among the findings.

    url: Of the owner of the tables, or of a role that may act as the owner.
    school: Our school that the only school of the set stands for.
    today: The day on which facts end that the set ends without a day.
    time_zone: Of new schools.
    """
    if time_zone not in available_timezones():
        raise NoSuchTimeZone(field="time_zone")
    work = ImportRun(roster, today, time_zone, now or utc_now())
    try:
        async with open_as_owner(url) as session:
            await session.execute(QUEUE if apply else LOOK_ONLY)
            await work.plan(session, school)
            writing = apply and not work.refused
            for target, book in work.books if writing else ():
                await work.write(session, target, book)
    except ImportRefused as refusal:
        writing = False
        work.findings.add(refusal.code, value=refusal.why)
    return work.report(writing)


class ImportRefused(Exception):
    """The database refuses the import, or somebody else has changed a row."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class ImportRun:
    """One import: the books and findings of its schools."""

    def __init__(self, roster: RosterSet, today: date, time_zone: str, now: datetime) -> None:
        self.roster, self.today, self.time_zone, self.now = roster, today, time_zone, now
        self.findings = Findings()
        self.books: list[tuple[Target, Book]] = []
        self.founded: set[str] = set()

    @property
    def refused(self) -> bool:
        """Whether there is an error among the findings."""
        mine = any(it.severity is Severity.ERROR for it in self.findings.list_all())
        return mine or bool(self.roster.errors)

    async def plan(self, session: AsyncSession, school: int | None) -> None:
        found = await find_targets(session, self.roster, school, self.findings)
        for target in found:
            if target.school_id is None:
                self.founded.add(target.key)
            else:
                self._check_zone(target)
                await set_school(session, target.school_id)
            book = await Book.read(session, target.school_id)
            alone = len(found) == 1
            free = await read_free_days(session, target.school_id, self.today)
            plan_school(
                self.roster, target.key, book, self.today, self.findings, alone=alone,
                free_days=free,
            )  # fmt: skip
            if target.school_id is not None:
                await find_marks_in_the_way(session, target.school_id, book, self.findings)
            self.books.append((target, book))

    def _check_zone(self, target: Target) -> None:
        """Find a school whose zone is not the one in which instants were read as days."""
        if self.roster.instants and target.time_zone not in (None, self.roster.zone):
            code = Code.INSTANTS_ELSEWHERE
            self.findings.add(code, value=self.roster.zone, taken=target.time_zone)

    async def write(self, session: AsyncSession, target: Target, book: Book) -> None:
        """Write one school and its audit entry, if anything changes."""
        changed = target.adopts or any(entry.changes for it in book.shelves() for entry in it)
        try:
            if target.school_id is None:
                target.school_id = await found_school(session, target, self.time_zone)
            elif changed:
                await set_school(session, target.school_id)
            if target.adopts:
                await adopt(session, target)
            if changed or target.key in self.founded:
                await write(session, target.school_id, book)
                await self._check_marks(session, target.school_id, book)
                await self._tell(session, target.school_id, book)
        except ChangedMeanwhile as lost:
            raise ImportRefused(Code.CHANGED_MEANWHILE, lost.table) from lost
        except DBAPIError as refusal:
            if (why := find_constraint(refusal)) is None:
                raise
            raise ImportRefused(Code.REFUSED, why) from refusal

    async def _check_marks(self, session: AsyncSession, school_id: int, book: Book) -> None:
        """Find marks that were put since the plan was made."""
        await find_marks_in_the_way(session, school_id, book, late := Findings())
        if late.list_all():
            raise ImportRefused(Code.CHANGED_MEANWHILE, Mark.__tablename__)

    async def _tell(self, session: AsyncSession, school_id: int, book: Book) -> None:
        """Write the audit entry. It is the last statement for a school, as it locks the head of its
        logs."""
        details = [{"name": "dialect", "values": [self.roster.dialect.value]}]
        for kind, tally in count_rows(book).items():
            done = f"{tally.created} created, {tally.updated} updated, {tally.ended} ended"
            details.append({"name": kind, "values": [done]})
        deed = {
            "actor_id": None,
            "role": None,
            "action": ACTION,
            "entity": str(Id(School, school_id, school_id)),
            "details": details,
            "request_id": "command line",
        }
        await record(session, school_id, self.now, (), deed)

    def report(self, applied: bool) -> ImportReport:
        found = (*self.roster.findings, *self.findings.list_all())
        return ImportReport(
            applied=applied,
            dialect=self.roster.dialect,
            schools=tuple(self._school(target, book, applied) for target, book in self.books),
            findings=tuple(sorted(found, key=lambda it: (it.file, it.row or 0))),
        )

    def _school(self, target: Target, book: Book, applied: bool) -> SchoolReport:
        founded = target.key in self.founded
        return SchoolReport(
            sourced_id=target.key,
            name=target.name,
            school_id=None if founded and not applied else target.school_id,
            founded=founded,
            counts=count_rows(book),
            changes=list_changes(book),
        )


def find_constraint(refusal: DBAPIError) -> str | None:
    """Return the name of the violated constraint; None for other errors."""
    cause = refusal.orig.__cause__ if refusal.orig else None
    state = getattr(cause, "sqlstate", None) or ""
    return cause_constraint(cause) or state if state.startswith(("22", "23")) else None
