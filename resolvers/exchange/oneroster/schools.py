"""The schools of a set, and the school of each organisation."""

from collections.abc import Iterable, Iterator, Mapping

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.records import Org, Records
from resolvers.exchange.oneroster.vocabulary import OrgKind


def schools_of(records: Records, delta: bool, findings: Findings) -> tuple[str, ...]:
    """Return the organisations of type school; if there are none, those of classes and people.

    A set of a single school often calls it a department or otherwise.
    """
    named = tuple(key for key, org in records.orgs.items() if org.kind is OrgKind.SCHOOL)
    if named:
        return named
    guessed = find_pointed_at(records)
    for key in guessed:
        org = records.orgs[key]
        findings.add(Code.SCHOOL_GUESSED, org.place.file, org.place.row, value=org.name)
    if not guessed and not delta:
        findings.add(Code.SCHOOL_MISSING)
    return guessed


def find_pointed_at(records: Records) -> tuple[str, ...]:
    classes: Iterable[str | None] = (it.org_id for it in records.classes.values())
    people: Iterable[str | None] = (it.org_id for it in records.roles.values())
    for keys in (classes, people):
        if found := {key: None for key in keys if key in records.orgs}:
            return tuple(key for key in found if key)
    return ()


def school_of_each(orgs: Mapping[str, Org], schools: Iterable[str]) -> dict[str, str]:
    """Return {organisation: the school that it is, or is part of}."""
    known = set(schools)
    nearest = ((key, next((it for it in climb(key, orgs) if it in known), None)) for key in orgs)
    return {key: school for key, school in nearest if school}


def climb(key: str, orgs: Mapping[str, Org]) -> Iterator[str]:
    """Yield the organisation and its ancestors, each once even in a cycle."""
    seen: set[str] = set()
    while key in orgs and key not in seen:
        seen.add(key)
        yield key
        key = orgs[key].parent_id or ""


def check_schools(records: Records, school_of: Mapping[str, str], findings: Findings) -> None:
    """Warn of active classes and roles in organisations outside of schools."""
    belonging = [
        *((it, it.org_id, it.title) for it in records.classes.values()),
        *((it, it.org_id, it.user_id) for it in records.roles.values()),
    ]
    for record, org_id, name in belonging:
        if record.active and org_id in records.orgs and org_id not in school_of:
            org = records.orgs[org_id].name
            place = record.place
            findings.add(Code.OUTSIDE_SCHOOLS, place.file, place.row, value=name, taken=org)
