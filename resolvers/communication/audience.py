"""The audience of a notice: its targets, and the guards that the author may address them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    and_,
    bindparam,
    exists,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.communication import notices as rows
from models.communication.notices import TargetKind
from models.people.persons import Person
from models.problems import Forbidden, Limit, NotFound, OutOfRange, Problem
from models.school.schools import School
from models.structure.classes import SchoolClass
from models.structure.sections import Section
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.items import items_of
from resolvers.core.parameters import sent_as
from resolvers.core.perform import check_guards

MOST = 100
GRADES = range(13)
REFERENCES = {
    TargetKind.GRADE_LEVEL: "grade_level",
    TargetKind.SCHOOL_CLASS: "school_class_id",
    TargetKind.SECTION: "section_id",
    TargetKind.PERSON: "person_id",
}
"""The column that names the grade, class, section or person of a target, by its kind."""
FAMILIES = ("to_students", "to_guardians")
FLAGS = (*FAMILIES, "to_staff")


class NobodyAddressed(Problem):
    """This is for nobody; name at least one part of the school, and students, guardians or staff
    in it."""

    russian = (
        "Это никому не адресовано; назовите хотя бы одну часть школы и в ней учеников, "
        "представителей или сотрудников."
    )


class TargetMismatch(Problem):
    """A target names exactly what its kind needs: a grade, class, section or person; the whole
    school needs none of them."""

    russian = (
        "Адресат называет ровно то, что нужно его виду: параллель, класс, группу или человека; "
        "для всей школы ничего из этого не нужно."
    )


@dataclass(frozen=True)
class NoticeTarget:
    """A part of a notice's audience: a part of the school, and the groups of people addressed in
    it. The audience is the union of the targets.

    kind: The kind of target.
    grade_level: The year of study, 0..12; only with GRADE_LEVEL.
    school_class_id: The class; only with SCHOOL_CLASS.
    section_id: The section; only with SECTION.
    person_id: The person; only with PERSON.
    to_students: Whether students are addressed; ignored with PERSON. Needs
        `notices:address-families`, as do `toGuardians` and PERSON.
    to_guardians: Whether guardians are addressed; ignored with PERSON.
    to_staff: Whether staff is addressed; ignored with PERSON. Only for those who publish to the
        whole school.
    """

    kind: TargetKind
    grade_level: int | None = None
    school_class_id: Id[SchoolClass] | None = None
    section_id: Id[Section] | None = None
    person_id: Id[Person] | None = None
    to_students: bool = False
    to_guardians: bool = False
    to_staff: bool = False

    def row(self) -> rows.NoticeTarget:
        given = {
            name: value.key if isinstance(value, Id) else value
            for name, value in vars(self).items()
        }
        if self.kind is TargetKind.PERSON:
            given |= dict.fromkeys(FLAGS, False)
        return rows.NoticeTarget(**given)


COLUMNS: Mapping[str, Any] = {
    "kind": rows.NoticeTarget.kind.type,
    "grade_level": BigInteger(),
    "school_class_id": BigInteger(),
    "section_id": BigInteger(),
    "person_id": BigInteger(),
    **dict.fromkeys(FLAGS, Boolean()),
}
"""The columns of targets in SQL (`items_of`)."""


def targets_of(sent: Any) -> Any:
    """SELECT a line for each target that was sent, as it is stored: with PERSON the flags are
    false."""
    lines = items_of(sent, COLUMNS, "targets").c
    is_person = lines.kind == TargetKind.PERSON
    flags = (and_(~is_person, lines[flag]).label(flag) for flag in FLAGS)
    kept = (lines[name] for name in COLUMNS if name not in FLAGS)
    return select(lines.place, *kept, *flags).subquery("audience")


async def rows_of_audience(ctx: Ctx, targets: Sequence[NoticeTarget]) -> list[rows.NoticeTarget]:
    """Return the targets as rows, each once. Raises the problems of `check_audience` and
    `require_reach`."""
    check_audience(targets)
    sent = bindparam("targets", type_=JSONB())
    found = require_reach(ctx.viewer, Target(), targets_of(sent))
    given = sent_as(ctx.actor, ctx.caller.services.secrets, None, list(targets))
    await check_guards(ctx, found, {"targets": given})
    return [target.row() for target in dict.fromkeys(targets)]


def check_audience(targets: Sequence[NoticeTarget]) -> None:
    """Raise NobodyAddressed, TargetMismatch or OutOfRange for a malformed target, with its path;
    Limit if there are too many targets."""
    if len(targets) > MOST:
        raise Limit(field="targets", most=MOST)
    if not targets:
        raise NobodyAddressed(field="targets")
    for place, target in enumerate(targets):
        check_target(target, f"targets.{place}")


def check_target(target: NoticeTarget, place: str) -> None:
    for kind, reference in REFERENCES.items():
        if (getattr(target, reference) is not None) is not (kind is target.kind):
            raise TargetMismatch(field=f"{place}.{reference}")
    if target.grade_level is not None and target.grade_level not in GRADES:
        raise OutOfRange(field=f"{place}.grade_level", least=GRADES.start, most=GRADES.stop - 1)
    if target.kind is not TargetKind.PERSON and not any(getattr(target, flag) for flag in FLAGS):
        raise NobodyAddressed(field=f"{place}.to_students")


def require_reach(viewer: Viewer, target: Target, lines: Any) -> Target:
    """Add the guards that the author may address all lines of an audience. Each line needs the
    right to publish there, and one that addresses families the right to address them."""
    one = lines.c
    is_person = one.kind == TargetKind.PERSON
    target = require_right_for_lines(viewer, target, lines, Right.NOTICES_PUBLISH, true())
    right = Right.NOTICES_ADDRESS_FAMILIES
    if not viewer.scopes(right):
        named = {"person_id": is_person, **{flag: one[flag] for flag in FAMILIES}}
        for field, addresses in named.items():
            place = f"targets.{{place}}.{field}"
            target = target.needs_each(lines, ~addresses, Forbidden, place, requires=right)
    else:
        families = or_(is_person, *(one[flag] for flag in FAMILIES))
        target = require_right_for_lines(viewer, target, lines, right, families)
    known = or_(one.person_id.is_(None), is_there(viewer, Person, one.person_id, lines))
    return target.needs_each(lines, known, NotFound, "targets.{place}.person_id")


def require_right_for_lines(
    viewer: Viewer, target: Target, lines: Any, right: Right, concerned: ColumnElement[bool]
) -> Target:
    """Add the guards that a right reaches the lines that it concerns."""
    one = lines.c
    whole = is_there(viewer, School, viewer.school_id, lines, right)
    is_wide = one.kind.not_in([TargetKind.SCHOOL_CLASS, TargetKind.SECTION])
    wide = {"kind": is_wide, "to_staff": and_(~is_wide, one.to_staff)}
    for field, needs in wide.items():
        place = f"targets.{{place}}.{field}"
        holds = or_(~concerned, ~needs, whole)
        target = target.needs_each(lines, holds, Forbidden, place, requires=right)
    rows_named: Mapping[str, Any] = {"school_class_id": SchoolClass, "section_id": Section}
    for field, row in rows_named.items():
        place, key = f"targets.{{place}}.{field}", one[field]
        is_seen = or_(key.is_(None), is_there(viewer, row, key, lines))
        reached = or_(~concerned, key.is_(None), is_there(viewer, row, key, lines, right))
        target = target.needs_each(lines, is_seen, NotFound, place)
        target = target.needs_each(lines, reached, Forbidden, place, requires=right)
    return target


def is_there(
    viewer: Viewer, row: Any, key: Any, lines: Any, to: Right | None = None
) -> ColumnElement[bool]:
    """Return the condition that the author sees the row that a line names, and that a right reaches
    it."""
    found = visible(viewer, row, to).where(row.id == key).with_only_columns(row.id)
    return exists(found.correlate(lines))
