"""Warnings of data that is valid and unusual in a school, for somebody who knows the people."""

from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Final

from models.people.names import fold
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.guardians import roles_of_each
from resolvers.exchange.oneroster.records import ClassRecord, Enrollment, Record, Records, User
from resolvers.exchange.oneroster.vocabulary import ClassKind, Role

Span = tuple[date, date]
ALWAYS: Final = (date.min, date.max)


def check_coherence(records: Records, findings: Findings) -> None:
    """Find records that are unusual by themselves."""
    check_enrollments(records, findings)
    check_homerooms(records, findings)
    check_users(records, findings)
    check_same_people(records, findings)


def tell(findings: Findings, code: Code, record: Record, **details: object) -> None:
    findings.add(code, record.place.file, record.place.row, None, **details)


def check_complete(records: Records, findings: Findings) -> None:
    """Find records that are unusual in a complete set; a set of changes may omit the rest."""
    placed = {it.user_id for it in records.roles.values()}
    placed.update(it.relative_id for it in records.relationships.values())
    for user in records.users.values():
        if user.active and user.sourced_id not in placed:
            tell(findings, Code.USER_WITHOUT_ROLE, user, value=user.sourced_id)
    for record in records.classes.values():
        if record.active and not any(key in records.sessions for key in record.session_ids):
            tell(findings, Code.CLASS_WITHOUT_SESSION, record, value=record.title)


def span_of(record: ClassRecord, records: Records) -> Span:
    """Return the span from the beginning of its first session to the end of the last."""
    sessions = [records.sessions[key] for key in record.session_ids if key in records.sessions]
    if not sessions:
        return ALWAYS
    return min(it.start for it in sessions), max(it.end for it in sessions)


def is_apart(one: Span, other: Span) -> bool:
    return one[1] < other[0] or other[1] < one[0]


def check_enrollments(records: Records, findings: Findings) -> None:
    roles = roles_of_each(records)
    spans = {key: span_of(it, records) for key, it in records.classes.items()}
    for it in records.enrollments.values():
        group = records.classes.get(it.class_id)
        if not it.active or group is None:
            continue
        if it.org_id and it.org_id != group.org_id:
            tell(findings, Code.ENROLLMENT_ELSEWHERE, it, value=it.org_id, taken=group.org_id)
        if is_apart((it.begin or date.min, it.end or date.max), spans[it.class_id]):
            tell(findings, Code.ENROLLMENT_OUTSIDE_SESSIONS, it, value=group.title)
        if roles.get(it.user_id) and it.role not in roles[it.user_id]:
            tell(findings, Code.ENROLLMENT_ROLE_DIFFERS, it, value=it.user_id, taken=it.word)


def check_homerooms(records: Records, findings: Findings) -> None:
    """Find students in two school classes at a time."""
    stays: dict[str, list[tuple[Span, Enrollment]]] = defaultdict(list)
    for it in records.enrollments.values():
        group = records.classes.get(it.class_id)
        if not (it.active and it.role is Role.STUDENT and group and group.active):
            continue
        if group.kind is ClassKind.HOMEROOM:
            begin, end = span_of(group, records)
            stays[it.user_id].append(((it.begin or begin, it.end or end), it))
    for user_id, spans in stays.items():
        spans.sort(key=lambda stay: stay[0])
        for (one, first), (other, second) in pairwise(spans):
            if not is_apart(one, other):
                tell(findings, Code.TWO_HOMEROOMS, second, value=user_id, taken=first.place.row)


def check_users(records: Records, findings: Findings) -> None:
    names: dict[str, User] = {}
    for user in records.users.values():
        if not (user.active and user.username):
            continue
        first = names.setdefault(user.username.casefold(), user)
        if first is not user:
            tell(findings, Code.USERNAME_TWICE, user, value=user.username, taken=first.place.row)
    for role in records.roles.values():
        if role.active and role.org_id is None:
            tell(findings, Code.ROLE_WITHOUT_ORG, role, value=role.user_id)


def check_same_people(records: Records, findings: Findings) -> None:
    """Find two users with one name and birth date. They are not merged."""
    seen: dict[tuple[str, date], User] = {}
    for user in records.users.values():
        known = records.demographics.get(user.sourced_id)
        if not (user.active and known and known.birth_date):
            continue
        parts = (user.family_name, user.given_name, user.middle_name)
        name = fold(" ".join(parts))
        first = seen.setdefault((name, known.birth_date), user)
        if first is not user:
            tell(findings, Code.SAME_PERSON, user, taken=first.place.row)
