"""Taking a set in: all its schools in one transaction, or nothing.

    report = await import_roster(owner_url, read(path), apply=False, today=date.today())

Without `apply` the same plan is made in a transaction that cannot write. The same set again
changes nothing. Nobody gets an account, a password or a right by it.
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
from resolvers.core.context import stand_in, utc_now
from resolvers.core.news import record
from resolvers.core.refusals import cause_constraint
from resolvers.exchange.oneroster.book import Book
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings, Severity
from resolvers.exchange.oneroster.founding import Target, adopt, found_school, targets
from resolvers.exchange.oneroster.marked import find_marks_in_the_way, read_free_days
from resolvers.exchange.oneroster.plan import changes, counts, plan_school
from resolvers.exchange.oneroster.report import ImportReport, SchoolReport
from resolvers.exchange.oneroster.roster import MOSCOW, RosterSet
from resolvers.exchange.oneroster.writing import ChangedMeanwhile, write

ACTION = "gorod import oneroster"
QUEUE = text("SELECT pg_advisory_xact_lock(x'6f6e65726f73746572'::bit(64)::bigint)")
"""One import after another. A lock of its own statement: those after it see what was committed
while it waited."""
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

    url: Of the owner of the tables, or of one who may act as the owner.
    school: The school of ours that the only school of the set is.
    today: The day on which things end that the set ends without naming a day.
    time_zone: Of schools that are new here.
    """
    if time_zone not in available_timezones():
        raise NoSuchTimeZone(field="time_zone")
    work = Work(roster, today, time_zone, now or utc_now())
    try:
        async with open_as_owner(url) as session:
            await session.execute(QUEUE if apply else LOOK_ONLY)
            await work.plan(session, school)
            writing = apply and not work.refused
            for target, book in work.books if writing else ():
                await work.write(session, target, book)
    except Refused as refusal:
        writing = False
        work.findings.add(refusal.code, value=refusal.why)
    return work.report(writing)


class Refused(Exception):
    """The database, or somebody who was quicker, does not let it happen."""

    def __init__(self, code: Code, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class Work:
    """One import: the books of its schools, and what was found out about them."""

    def __init__(self, roster: RosterSet, today: date, time_zone: str, now: datetime) -> None:
        self.roster, self.today, self.time_zone, self.now = roster, today, time_zone, now
        self.findings = Findings()
        self.books: list[tuple[Target, Book]] = []
        self.founded: set[str] = set()

    @property
    def refused(self) -> bool:
        """Whether something stands in the way."""
        mine = any(it.severity is Severity.ERROR for it in self.findings.all())
        return mine or bool(self.roster.errors)

    async def plan(self, session: AsyncSession, school: int | None) -> None:
        found = await targets(session, self.roster, school, self.findings)
        for target in found:
            if target.school_id is None:
                self.founded.add(target.key)
            else:
                self._check_zone(target)
                await stand_in(session, target.school_id)
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
        """Days that were instants must have been read in the zone of the school."""
        if self.roster.instants and target.time_zone not in (None, self.roster.zone):
            code = Code.INSTANTS_ELSEWHERE
            self.findings.add(code, value=self.roster.zone, taken=target.time_zone)

    async def write(self, session: AsyncSession, target: Target, book: Book) -> None:
        """One school, and its entry in the audit log, if there was anything to do."""
        changed = target.adopts or any(entry.changes for it in book.shelves() for entry in it)
        try:
            if target.school_id is None:
                target.school_id = await found_school(session, target, self.time_zone)
            elif changed:
                await stand_in(session, target.school_id)
            if target.adopts:
                await adopt(session, target)
            if changed or target.key in self.founded:
                await write(session, target.school_id, book)
                await self._check_marks(session, target.school_id, book)
                await self._tell(session, target.school_id, book)
        except ChangedMeanwhile as lost:
            raise Refused(Code.CHANGED_MEANWHILE, lost.table) from lost
        except DBAPIError as refusal:
            if (why := constraint(refusal)) is None:
                raise
            raise Refused(Code.REFUSED, why) from refusal

    async def _check_marks(self, session: AsyncSession, school_id: int, book: Book) -> None:
        """A mark may have been put since the plan was made."""
        await find_marks_in_the_way(session, school_id, book, late := Findings())
        if late.all():
            raise Refused(Code.CHANGED_MEANWHILE, Mark.__tablename__)

    async def _tell(self, session: AsyncSession, school_id: int, book: Book) -> None:
        """The last statement for a school: it locks the head of its logs."""
        details = [{"name": "dialect", "values": [self.roster.dialect.value]}]
        for kind, tally in counts(book).items():
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
        found = (*self.roster.findings, *self.findings.all())
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
            counts=counts(book),
            changes=changes(book),
        )


def constraint(refusal: DBAPIError) -> str | None:
    """Which rule of the tables was broken; None of what is no broken rule."""
    cause = refusal.orig.__cause__ if refusal.orig else None
    state = getattr(cause, "sqlstate", None) or ""
    return cause_constraint(cause) or state if state.startswith(("22", "23")) else None
