"""Matching the schools of a set with ours, and making new schools."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.school.schools import School
from resolvers.core.context import utc_now
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.planning import cut
from resolvers.exchange.oneroster.roster import RosterSet
from resolvers.school import founding
from resolvers.school.founding import NewSchool

SHORT, FULL = 200, 500


@dataclass(slots=True)
class Target:
    """A school of the set.

    school_id: Our number; None until the school is made.
    adopts: Whether our school has no `sourced_id` yet and gets this one.
    """

    key: str
    name: str
    school_id: int | None
    time_zone: str | None = None
    adopts: bool = False


async def find_targets(
    session: AsyncSession, roster: RosterSet, school: int | None, findings: Findings
) -> list[Target]:
    """Return the schools of the set: by `sourced_id`, or the only one as the named school."""
    orgs = roster.records.orgs
    keys = [key for key in roster.schools if orgs[key].active]
    for key in roster.schools:
        if key not in keys:
            place = orgs[key].place
            findings.add(Code.SCHOOL_WITHDRAWN, place.file, place.row, value=orgs[key].name)
    named_in = [it.org_id for it in roster.records.classes.values()]
    named_in += [it.org_id or "" for it in roster.records.roles.values()]
    absent = set(named_in) - orgs.keys()
    ours = await find_schools(session, {*keys, *absent})
    keys += sorted(key for key in absent if key in ours)  # changes need not repeat the school
    if school is not None:
        return await find_named(session, roster, school, keys, ours, findings)
    found = []
    for key in keys:
        known = ours.get(key, [])
        if len(known) > 1:
            findings.add(Code.SCHOOL_AMBIGUOUS, value=key)
        name = orgs[key].name if key in orgs else known[0].short_name
        mine = known[0] if known else None
        found.append(Target(key, name, mine.id if mine else None, mine.time_zone if mine else None))
    return found


async def find_schools(session: AsyncSession, keys: set[str]) -> dict[str, list[School]]:
    found: dict[str, list[School]] = {}
    query = select(School).where(School.sourced_id.in_(keys)).order_by(School.id)
    for school in await session.scalars(query):
        found.setdefault(school.sourced_id or "", []).append(school)
    return found


async def find_named(
    session: AsyncSession,
    roster: RosterSet,
    school: int,
    keys: list[str],
    ours: dict[str, list[School]],
    findings: Findings,
) -> list[Target]:
    row = await session.scalar(select(School).where(School.id == school))
    if row is None:
        findings.add(Code.SCHOOL_UNKNOWN, value=school)
    if len(keys) != 1:
        findings.add(Code.SCHOOL_NOT_ONE, value=len(keys))
    if row is None or len(keys) != 1:
        return []
    [key] = keys
    for other in ours.get(key, []):
        if other.id != school:
            findings.add(Code.SCHOOL_TAKEN, value=key, taken=other.id)
    adopts = row.sourced_id is None
    return [Target(key, row.short_name, row.id, row.time_zone, adopts=adopts)]


async def found_school(session: AsyncSession, target: Target, time_zone: str) -> int:
    """Make a school with the usual defaults, except calendar and subjects, which the set brings.
    Later sets do not change its card."""
    new = NewSchool(cut(target.name, SHORT), time_zone)
    school = await founding.found_school(session, new, utc_now(), calendar=False)
    card = {"sourced_id": target.key, "full_name": cut(target.name, FULL)}
    await session.execute(
        update(School)
        .where(School.id == school.id)
        .values(**card, version=School.version)
        .execution_options(synchronize_session=False)
    )
    return school.id


async def adopt(session: AsyncSession, target: Target) -> None:
    """Store the sender's key of the school."""
    await session.execute(
        update(School)
        .where(School.id == target.school_id)
        .values(sourced_id=target.key, version=School.version + 1)
        .execution_options(synchronize_session=False)
    )
