"""Plan the members of classes and sections from enrollments."""

from collections import defaultdict
from datetime import date

from models.base import OfSchool
from models.school.calendar import AcademicYear
from models.structure.classes import ClassMembership
from models.structure.sections import SectionMembership
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import DAY, PUPILS, Planning
from resolvers.exchange.oneroster.records import Enrollment
from resolvers.exchange.oneroster.spans import New, Wanted, settle

Lane = tuple[int, ...]


def plan_members(plan: Planning) -> None:
    students: dict[Lane, list[Wanted]] = defaultdict(list)
    members: dict[Lane, list[Wanted]] = defaultdict(list)
    for key, enrollments in plan.enrollments.items():
        for it in enrollments:
            if it.role not in PUPILS:
                continue
            student = plan.students.get(it.user_id)
            if student is None:
                if it.active:
                    plan.tell(Code.NOT_IN_SCHOOL, it, value=it.user_id, taken=it.word)
            elif key in plan.classes:
                one = make_wanted(plan, it, plan.classes[key], student)
                students[(student.id,)].append(one)
            elif key in plan.sections:
                one = make_wanted(plan, it, plan.sections[key], student)
                members[student.id, plan.sections[key]["subject_id"]].append(one)
    write(plan, ClassMembership, ("student_id",), "school_class_id", students)
    write(plan, SectionMembership, ("student_id", "subject_id"), "section_id", members)


def make_wanted(
    plan: Planning, it: Enrollment, group: Entry, who: Entry, **values: object
) -> Wanted:
    """Return the stay of an enrollment. Its target is the class or section for a student, and the
    teacher for a teacher."""
    begin, end, ends = days_of(plan, it, group)
    record = plan.records.classes.get(it.class_id)
    user = plan.records.users.get(it.user_id)
    named = f"{user.family_name} {user.given_name}" if user else it.user_id
    return Wanted(
        target=group.id if it.role in PUPILS else who.id,
        begin=begin,
        end=end,
        begins=it.begin is not None,
        ends=ends,
        withdrawn=is_over(plan, it, who),
        place=it.place,
        label=f"{named}, {group.label or (record.title if record else it.class_id)}",
        values=dict(values),
    )


def is_over(plan: Planning, it: Enrollment, who: Entry) -> bool:
    """Whether the enrollment, its class or its person is withdrawn."""
    group = plan.records.classes.get(it.class_id)
    left = plan.left_students if it.role in PUPILS else plan.left_staff
    gone = plan.withdrawn(it.user_id) or who.id in left
    return gone or not it.active or (group is not None and not group.active)


def days_of(plan: Planning, it: Enrollment, group: Entry) -> tuple[date, date | None, bool]:
    """Return (first day, day after the last one, whether the set names that day).

    Without days of its own, an enrollment lasts as long as the sessions of the class. One that ends
    with the school year goes on until the next year begins: a class exists in July, too.
    """
    year = plan.book[AcademicYear][group["academic_year_id"]]
    starts, last = plan.span_of(it.class_id) or (year["starts_on"], year["ends_on"])
    begin = it.begin or starts
    if it.end is not None and it.end < min(last, year["ends_on"]):
        return begin, it.end, True
    next_year = a_year_after(year["starts_on"])
    end = max(next_year, year["ends_on"] + DAY) if last >= year["ends_on"] else last + DAY
    return begin, end if end > begin else a_year_after(begin), False


def a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=min(day.day, 28) if day.month == 2 else day.day)


def write(
    plan: Planning,
    kind: type[OfSchool],
    lane: tuple[str, ...],
    target: str,
    lanes: dict[Lane, list[Wanted]],
) -> None:
    """Settle each lane, and add its new rows."""
    shelf = plan.book[kind]
    here = shelf.group_by(*lane)
    for key, facts in lanes.items():
        stays = here.get(key, [])
        marked = [plan.free_days.get((one["student_id"], one[target]), plan.today) for one in stays]
        today = max([plan.today, *marked]) if kind is SectionMembership else plan.today
        for new in settle(stays, facts, target, today, plan.tell):
            put(plan, kind, new, target, dict(zip(lane, key, strict=True)))


def put(plan: Planning, kind: type[OfSchool], new: New, target: str, lane: dict[str, int]) -> None:
    days = {"valid_from": new.begin, "valid_to": new.end}
    fresh = {**lane, target: new.wanted.target, **new.wanted.values, **days}
    plan.book[kind].put(None, new.wanted.place, new.wanted.label, fresh)
