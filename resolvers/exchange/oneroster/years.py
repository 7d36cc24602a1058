"""The school year of each session."""

from collections.abc import Mapping

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import Session
from resolvers.exchange.oneroster.vocabulary import SessionKind


def year_of_each(sessions: Mapping[str, Session]) -> dict[str, str]:
    """Return {session: its school year, which is a session too}, without those that have none.

    It is found by the parents, else by the dates, else by the number of the year if it is unique:
    parents are missing in real sets.
    """
    years = [it for it in sessions.values() if it.kind is SessionKind.SCHOOL_YEAR]
    found = {key: year_of(session, sessions, years) for key, session in sessions.items()}
    return {key: year.sourced_id for key, year in found.items() if year}


def year_of(
    session: Session, sessions: Mapping[str, Session], years: list[Session]
) -> Session | None:
    above: Session | None = session
    for _ in sessions:
        if above is None or above.kind is SessionKind.SCHOOL_YEAR:
            break
        above = sessions.get(above.parent_id or "")
    if above and above.kind is SessionKind.SCHOOL_YEAR:
        return above
    around = [it for it in years if is_within(session, it)]
    same = [it for it in years if session.year is not None and it.year == session.year]
    return next((found[0] for found in (around, same) if len(found) == 1), None)


def is_within(session: Session, year: Session) -> bool:
    return year.start <= session.start and session.end <= year.end


def check_years(
    sessions: Mapping[str, Session], year_of: Mapping[str, str], findings: Findings
) -> None:
    """Warn of active sessions that have no school year, or reach beyond it."""
    for key, session in sessions.items():
        place = session.place
        if not session.active:
            continue
        year = sessions.get(year_of.get(key, ""))
        if year is None:
            findings.add(Code.YEAR_MISSING, place.file, place.row, value=session.title)
        elif not is_within(session, year):
            findings.add(
                Code.OUTSIDE_YEAR, place.file, place.row, value=session.title, taken=year.title
            )
