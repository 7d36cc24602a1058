"""Plan school years and terms from sessions."""

from datetime import date
from typing import Final

from models.school.calendar import AcademicYear, Term, TermStatus, TermType, YearStatus
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import DAY, Planning, cut
from resolvers.exchange.oneroster.records import Session
from resolvers.exchange.oneroster.term_kinds import (
    SUMMER,
    find_whole_terms,
    named_kind,
    term_kinds,
)
from resolvers.exchange.oneroster.vocabulary import SessionKind

TYPES: Final = {
    "QUARTER": "Четверть",
    "TRIMESTER": "Триместр",
    "HALF_YEAR": "Полугодие",
    "YEAR": "Год",
}
MOST_TERMS: Final = 12


def plan_calendar(plan: Planning) -> None:
    if not any(plan.book[TermType]):
        for code in ("QUARTER", "HALF_YEAR"):
            term_type(plan, code)
    by_name: dict[str, list[Session]] = {}
    for session in find_relevant(plan):
        by_name.setdefault(name_of(plan, session), []).append(session)
    if not by_name and not any(plan.book[AcademicYear]) and plan.class_records:
        add_usual_year(plan)
    for name, sessions in sorted(by_name.items()):
        plan_year(plan, name, sessions)
    choose_current(plan)
    plan_terms(plan)
    for term in plan.book[Term]:  # a set of changes may name sessions it does not repeat
        if term["sourced_id"] is not None:
            plan.types.setdefault(term["sourced_id"], term["term_type_id"])
            year = plan.book[AcademicYear][term["academic_year_id"]]
            plan.years.setdefault(term["sourced_id"], year)
    for sourced_id, year in plan.book[AcademicYear].rows_by().items():
        plan.years.setdefault(sourced_id, year)


def find_relevant(plan: Planning) -> list[Session]:
    """Return the sessions of the years of this school's classes; all, if classes name none."""
    active = [it for it in plan.records.sessions.values() if it.active]
    used = {key for it in plan.class_records if it.active for key in it.session_ids}
    names = {name_of(plan, it) for it in active if it.sourced_id in used}
    return [it for it in active if not names or name_of(plan, it) in names]


def name_of(plan: Planning, session: Session) -> str:
    """Return `2022/2023`, by the dates, as titles are unreliable."""
    above = plan.records.sessions.get(plan.roster.year_of.get(session.sourced_id, ""))
    return year_name((above or session).start)


def year_name(start: date) -> str:
    begins = start.year if start.month >= SUMMER else start.year - 1
    return f"{begins}/{begins + 1}"


def add_usual_year(plan: Planning) -> None:
    """Plan the current year from September to May, if the set has no session."""
    name = year_name(plan.today)
    begins = int(name[:4])
    days = {"starts_on": date(begins, 9, 1), "ends_on": date(begins + 1, 5, 31)}
    fresh = {"name": name, "status": YearStatus.PLANNED, **days}
    place = plan.class_records[0].place
    plan.book[AcademicYear].put(None, place, name, fresh)


def plan_year(plan: Planning, name: str, sessions: list[Session]) -> None:
    """Plan a year that includes all its terms. An existing year becomes longer, never shorter."""
    shelf = plan.book[AcademicYear]
    own = [it for it in sessions if it.kind is SessionKind.SCHOOL_YEAR]
    head = (own or sessions)[0]
    found = next((y for it in own if (y := shelf.rows_by().get(it.sourced_id))), None)
    found = found or shelf.rows_by("name").get(name)
    starts_on = min(it.start for it in sessions)
    ends_on = max(starts_on + DAY, *(it.end for it in sessions))
    if found is not None:
        starts_on, ends_on = min(starts_on, found["starts_on"]), max(ends_on, found["ends_on"])
    for other in shelf:
        if other is not found and starts_on <= other["ends_on"] and other["starts_on"] <= ends_on:
            plan.tell(Code.YEARS_OVERLAP, head, value=name, taken=other["name"])
    # A year that the set does not contain has no identifier.
    key = own[0].sourced_id if own else None
    fresh = {"name": name, "status": YearStatus.PLANNED, "sourced_id": key}
    year = shelf.put(found, head.place, name, fresh, starts_on=starts_on, ends_on=ends_on)
    if year["sourced_id"] is None and key is not None:
        year.values["sourced_id"] = key
    plan.years.update(dict.fromkeys((it.sourced_id for it in sessions), year))


def choose_current(plan: Planning) -> None:
    """Make the year of today current, else the latest one, unless the school has chosen one."""
    years = sorted(plan.book[AcademicYear], key=lambda year: year["starts_on"])
    current = next((y for y in years if y["status"] is YearStatus.CURRENT), None)
    around = next((y for y in years if y["starts_on"] <= plan.today <= y["ends_on"]), None)
    chosen = around or current or (years[-1] if years else None)
    if chosen and chosen is not current and chosen["status"] is YearStatus.PLANNED:
        chosen.values["status"] = YearStatus.CURRENT
        if current:
            current.values["status"] = YearStatus.CLOSING
            current.first = True
            current.label, current.place = current.label or current["name"], chosen.place
    for year in years:
        over = year["ends_on"] < plan.today
        if year.before is None and over and year["status"] is YearStatus.PLANNED:
            year.values["status"] = YearStatus.ARCHIVED


def plan_terms(plan: Planning) -> None:
    """Plan all terms, a term before its parts."""
    sessions = [it for it in find_relevant(plan) if it.kind is not SessionKind.SCHOOL_YEAR]
    known = plan.records.sessions
    kinds = term_kinds(sessions, known)
    for session in sorted(
        sessions, key=lambda it: (len(find_whole_terms(it, known)), it.start, it.end)
    ):
        whole, kind = next(iter(find_whole_terms(session, known)), None), kinds[session.sourced_id]
        if whole is not None and is_plain_part(plan, session, kind, kinds.get(whole.sourced_id)):
            plan.tell(Code.TERM_IS_PART, session, value=session.title, taken=whole.title)
            if whole.sourced_id in plan.types:
                plan.types[session.sourced_id] = plan.types[whole.sourced_id]
        else:
            plan_term(plan, session, kind)


def is_plain_part(plan: Planning, session: Session, kind: str, whole: str | None) -> bool:
    """Whether a session within a term is not itself a term. A half-year may have quarters, and a
    title may name another kind. An existing term stays one."""
    if whole is None or session.sourced_id in plan.book[Term].rows_by():
        return False
    apart = named_kind(session) or (kind if whole == "HALF_YEAR" else None)
    return apart in (None, whole)


def term_type(plan: Planning, code: str) -> Entry:
    """Return the school's type of this code, or a new one."""
    shelf = plan.book[TermType]
    found = shelf.rows_by("code").get(code)
    return found or shelf.put(None, None, TYPES[code], {"code": code, "name": TYPES[code]})


def plan_term(plan: Planning, session: Session, code: str) -> None:
    """Plan one term. Terms of one kind must not overlap in the database: the first one stays."""
    year, shelf = plan.years[session.sourced_id], plan.book[Term]
    kind = term_type(plan, code)
    plan.types[session.sourced_id] = kind.id
    others = [it for it in shelf if it["term_type_id"] == kind.id]
    days = {"starts_on": session.start, "ends_on": session.end}
    found = shelf.rows_by().get(session.sourced_id) or next(
        (it for it in others if it["sourced_id"] is None and days.items() <= it.values.items()),
        None,
    )
    if found is not None and found["term_type_id"] != kind.id:
        plan.types[session.sourced_id] = found["term_type_id"]
        others = [it for it in shelf if it["term_type_id"] == found["term_type_id"]]
    across = next((it for it in others if it is not found and overlaps(it, session)), None)
    locked = found is not None and found["status"] is TermStatus.CLOSED
    ordinal = found["ordinal"] if found else place_of(others, year, session)
    if across or session.end <= session.start or ordinal > MOST_TERMS:
        taken = across["name"] if across else session.title
        plan.tell(Code.TERM_LEFT_OUT, session, value=session.title, taken=taken)
        return
    shut = year["status"] is YearStatus.ARCHIVED
    fresh = {
        "academic_year_id": year.id,
        "term_type_id": kind.id,
        "ordinal": ordinal,
        "status": TermStatus.CLOSED if shut else TermStatus.OPEN,
        **days,
    }
    said = {"name": cut(session.title, 60), "sourced_id": session.sourced_id}
    # The journal of a closed term depends on its days.
    shelf.put(found, session.place, session.title, fresh, **said, **({} if locked else days))


def overlaps(term: Entry, session: Session) -> bool:
    return bool(term["starts_on"] <= session.end and session.start <= term["ends_on"])


def place_of(others: list[Entry], year: Entry, session: Session) -> int:
    """Return its number in the year: the next free one after earlier terms."""
    mine = [it for it in others if it["academic_year_id"] == year.id]
    taken = {it["ordinal"] for it in mine}
    number = 1 + max((it["ordinal"] for it in mine if it["starts_on"] < session.start), default=0)
    while number in taken:
        number += 1
    return number
