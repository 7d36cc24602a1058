"""Whom a notice is for: targets as they are given, and whether they are in the author's reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from resolvers.core.loading import of_keys

MOST = 100
GRADES = range(13)
REFERENCES = {
    TargetKind.GRADE_LEVEL: "grade_level",
    TargetKind.SCHOOL_CLASS: "school_class_id",
    TargetKind.SECTION: "section_id",
    TargetKind.PERSON: "person_id",
}
"""What tells which one of its kind a target is."""
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
    """One part of a notice's audience: a place in the school, and who of those there. The audience
    is the union of the targets.

    kind: Whom it is for.
    grade_level: Which year of study, 0..12; with GRADE_LEVEL and nothing else.
    school_class_id: Which class; with SCHOOL_CLASS and nothing else.
    section_id: Which section; with SECTION and nothing else.
    person_id: Who; with PERSON and nothing else.
    to_students: Whether it is for students; of no account with PERSON. Needs
        `notices:address-families`, as do `toGuardians` and PERSON.
    to_guardians: Whether it is for guardians; of no account with PERSON.
    to_staff: Whether it is for staff; of no account with PERSON. Only for those who publish to
        the whole school.
    """

    kind: TargetKind
    grade_level: int | None = None
    school_class_id: Id[SchoolClass] | None = None
    section_id: Id[Section] | None = None
    person_id: Id[Person] | None = None
    to_students: bool = False
    to_guardians: bool = False
    to_staff: bool = False

    @property
    def needs_whole_school(self) -> str | None:
        """What of it only they may ask for who publish to the whole school."""
        if self.kind not in (TargetKind.SCHOOL_CLASS, TargetKind.SECTION):
            return "kind"
        return "to_staff" if self.to_staff else None

    @property
    def addresses_families(self) -> str | None:
        """What of it only they may ask for who publish to families."""
        if self.kind is TargetKind.PERSON:
            return "person_id"
        return next((flag for flag in FAMILIES if getattr(self, flag)), None)

    def row(self) -> rows.NoticeTarget:
        given = {
            name: value.key if isinstance(value, Id) else value
            for name, value in vars(self).items()
        }
        if self.kind is TargetKind.PERSON:
            given |= dict.fromkeys(FLAGS, False)
        return rows.NoticeTarget(**given)


async def audience(ctx: Ctx, targets: Sequence[NoticeTarget]) -> list[rows.NoticeTarget]:
    """Targets as rows, each once.

    Raises NobodyAddressed, TargetMismatch or OutOfRange for one that is badly put, NotFound for one
    that is not there, Forbidden for one that is out of the author's reach; each names its place.
    Limit when there are too many.
    """
    if len(targets) > MOST:
        raise Limit(field="targets", most=MOST)
    if not targets:
        raise NobodyAddressed(field="targets")
    for place, target in enumerate(targets):
        check_form(target, f"targets.{place}")
    await check_reach(ctx, targets)
    return [target.row() for target in dict.fromkeys(targets)]


def check_form(target: NoticeTarget, place: str) -> None:
    for kind, reference in REFERENCES.items():
        if (getattr(target, reference) is not None) is not (kind is target.kind):
            raise TargetMismatch(field=f"{place}.{reference}")
    if target.grade_level is not None and target.grade_level not in GRADES:
        raise OutOfRange(field=f"{place}.grade_level", least=GRADES.start, most=GRADES.stop - 1)
    if target.kind is not TargetKind.PERSON and not any(getattr(target, flag) for flag in FLAGS):
        raise NobodyAddressed(field=f"{place}.to_students")


async def check_reach(ctx: Ctx, targets: Sequence[NoticeTarget]) -> None:
    """One statement for each kind of target, however many there are."""
    numbered = dict(enumerate(targets))
    to_families = {n: target for n, target in numbered.items() if target.addresses_families}
    await check_right(ctx, numbered, Right.NOTICES_PUBLISH)
    if to_families:
        await check_right(ctx, to_families, Right.NOTICES_ADDRESS_FAMILIES)
    await check_rows(ctx, Person, named(numbered, "person_id"), None)


async def check_right(ctx: Ctx, targets: Mapping[int, NoticeTarget], right: Right) -> None:
    """Whether a right reaches all targets.

    targets: By their places in the input.
    """
    families = right is Right.NOTICES_ADDRESS_FAMILIES
    if families and not ctx.viewer.scopes(right):
        place, target = next(iter(targets.items()))
        raise Forbidden(field=f"targets.{place}.{target.addresses_families}", requires=right)
    needs = ((n, target.needs_whole_school) for n, target in targets.items())
    wide = next((f"targets.{n}.{what}" for n, what in needs if what), None)
    if wide and not await ctx.rows(visible(ctx.viewer, School, right)):
        raise Forbidden(field=wide, requires=right)
    await check_rows(ctx, SchoolClass, named(targets, "school_class_id"), right)
    await check_rows(ctx, Section, named(targets, "section_id"), right)


def named(targets: Mapping[int, NoticeTarget], reference: str) -> dict[str, Id[Any]]:
    """What targets refer to, by the places in the input where they do."""
    return {
        f"targets.{n}.{reference}": getattr(target, reference)
        for n, target in targets.items()
        if getattr(target, reference) is not None
    }


async def check_rows(ctx: Ctx, row: Any, given: Mapping[str, Id[Any]], right: Right | None) -> None:
    """Raises NotFound or Forbidden for the first place whose row is out of reach."""
    keys = {one.key for one in given.values() if one.school_id == ctx.actor.school_id}
    if not given:
        return
    reached = visible(ctx.viewer, row, right).where(of_keys(row.id, sorted(keys)))
    found = {one.global_id for one in await ctx.rows(reached, row)}
    for place, one in given.items():
        if one not in found:
            hidden = await ctx.find(one) is None
            raise NotFound(field=place) if hidden else Forbidden(field=place, requires=right)
