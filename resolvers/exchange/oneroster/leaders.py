"""Plan class teachers and teachers of sections from enrollments."""

from collections.abc import Iterable, Mapping
from typing import Final

from models.structure.classes import ClassTeacher
from models.structure.sections import TeachingAssignment, TeachingRole
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.lists import make_wanted, put
from resolvers.exchange.oneroster.planning import PUPILS, Planning
from resolvers.exchange.oneroster.records import Enrollment
from resolvers.exchange.oneroster.spans import Wanted, settle
from resolvers.exchange.oneroster.vocabulary import Role

Here = dict[tuple[int, ...], list[Entry]]
# A class has one teacher and a section one main teacher at a time; others stand beside them.
CHIEF: Final = {"is_deputy": False}
DEPUTY: Final = {"is_deputy": True}
MAIN: Final = {"role": TeachingRole.MAIN}
ASSISTANT: Final = {"role": TeachingRole.ASSISTANT}


def plan_teachers(plan: Planning) -> None:
    leading: Here = plan.book[ClassTeacher].group_by("school_class_id")
    teaching: Here = plan.book[TeachingAssignment].group_by("section_id")
    for key, enrollments in plan.enrollments.items():
        teachers = find_employed(plan, (it for it in enrollments if it.role not in PUPILS))
        if key in plan.classes:
            lead(plan, plan.classes[key], leading, teachers)
        elif key in plan.sections:
            teach(plan, plan.sections[key], teaching, teachers)


def find_employed(plan: Planning, teachers: Iterable[Enrollment]) -> list[tuple[Enrollment, Entry]]:
    """Return the teachers who work here, the responsible one first."""
    found = []
    for it in sorted(
        teachers, key=lambda it: (not it.active, it.role is Role.AIDE, not it.primary)
    ):
        member = plan.staff.get(it.user_id)
        if member is not None:
            found.append((it, member))
        elif it.active:
            plan.tell(Code.NOT_IN_SCHOOL, it, value=it.user_id, taken=it.word)
    return found


def lead(
    plan: Planning, group: Entry, here: Here, teachers: list[tuple[Enrollment, Entry]]
) -> None:
    rows = here.get((group.id,), [])
    chief, deputies = split(plan, group, teachers, CHIEF, DEPUTY)
    known = {one.target for one in chief}
    ours = [it for it in rows if not it["is_deputy"]]
    lane = {"school_class_id": group.id}
    for new in settle(ours, chief, "staff_id", plan.today, plan.tell):
        put(plan, ClassTeacher, new, "staff_id", lane)
    for one in deputies:
        theirs = [it for it in rows if it["staff_id"] == one.target]
        # A former class teacher who still teaches the class must not become their own deputy.
        if one.target in known:
            continue
        for new in settle(theirs, [one], "staff_id", plan.today, plan.tell):
            put(plan, ClassTeacher, new, "staff_id", lane)


def teach(
    plan: Planning, group: Entry, here: Here, teachers: list[tuple[Enrollment, Entry]]
) -> None:
    rows = here.get((group.id,), [])
    main, assistants = split(plan, group, teachers, MAIN, ASSISTANT)
    known = {one.target for one in main}
    ours = [it for it in rows if it["role"] is TeachingRole.MAIN or it["staff_id"] in known]
    lane = {"section_id": group.id}
    for new in settle(ours, main, "staff_id", plan.today, plan.tell):
        put(plan, TeachingAssignment, new, "staff_id", lane)
    for it in ours:
        if it.place is not None and it["staff_id"] in known:
            it.values |= MAIN
    for one in assistants:
        theirs = [it for it in rows if it["staff_id"] == one.target]
        if one.target in known:
            continue
        for new in settle(theirs, [one], "staff_id", plan.today, plan.tell):
            put(plan, TeachingAssignment, new, "staff_id", lane)


def split(
    plan: Planning,
    group: Entry,
    teachers: list[tuple[Enrollment, Entry]],
    first: Mapping[str, object],
    other: Mapping[str, object],
) -> tuple[list[Wanted], list[Wanted]]:
    """Split the teachers into the responsible one, with all their spans, and the others."""
    chief = next((member for it, member in teachers if it.role is not Role.AIDE), None)
    mine = [(it, who) for it, who in teachers if who is chief]
    rest = [(it, who) for it, who in teachers if who is not chief]
    return (
        [make_wanted(plan, it, group, who, **first) for it, who in mine],
        [make_wanted(plan, it, group, who, **other) for it, who in rest],
    )
