"""The last part of a plan: the class of a section, and facts that end when a person leaves."""

from datetime import date

from models.access.roles import RoleGrant
from models.base import OfSchool
from models.people.staff import Staff
from models.structure.classes import ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import SectionMembership, TeachingAssignment
from resolvers.exchange.oneroster.book import Entry, Shelf
from resolvers.exchange.oneroster.planning import Planning
from resolvers.exchange.oneroster.vocabulary import ClassKind


def plan_endings(plan: Planning) -> None:
    """End the memberships, teaching and roles of people who have left, and the students and
    teachers of withdrawn classes. Marks and other past records stay."""
    people = {plan.book[Staff][key]["person_id"]: day for key, day in plan.left_staff.items()}
    gone = {it.sourced_id for it in plan.class_records if not it.active}
    classes = {it.id: plan.today for key, it in plan.classes.items() if key in gone}
    sections = {it.id: plan.today for key, it in plan.sections.items() if key in gone}
    for kind, column, since in (
        (ClassMembership, "student_id", plan.left_students),
        (SectionMembership, "student_id", plan.left_students),
        (ClassTeacher, "staff_id", plan.left_staff),
        (TeachingAssignment, "staff_id", plan.left_staff),
        (RoleGrant, "person_id", people),
        (ClassMembership, "school_class_id", classes),
        (ClassTeacher, "school_class_id", classes),
        (SectionMembership, "section_id", sections),
        (TeachingAssignment, "section_id", sections),
    ):
        end(plan, plan.book[kind], column, since)


def end(plan: Planning, shelf: Shelf, column: str, since: dict[int, date]) -> None:
    for entry in shelf if since else ():
        day = since.get(entry[column])
        if day == plan.today and shelf.kind is SectionMembership:
            day = plan.free_days.get((entry["student_id"], entry["section_id"]), day)
        over = entry["valid_to"] is not None and entry["valid_to"] <= entry["valid_from"]
        if day is not None and not over and day < (entry["valid_to"] or date.max):
            entry.end("valid_to", day, entry["valid_from"])


def plan_homes(plan: Planning) -> None:
    """Set the class of a section if all its members are in one class. A section that has a class
    keeps it: one guest from another class does not change it."""
    homes = find_connected(plan, ClassMembership, "student_id", "school_class_id")
    members = find_connected(plan, SectionMembership, "section_id", "student_id")
    for key, entry in plan.sections.items():
        record = plan.records.classes.get(key)
        if record is None or entry["school_class_id"] is not None:
            continue
        students = members.get(entry.id, set())
        found = [homes.get(student, set()) for student in students]
        year = entry["academic_year_id"]
        shared = [it for it in (set.intersection(*found) if found else set())
                  if plan.book[SchoolClass][it]["academic_year_id"] == year]  # fmt: skip
        if len(shared) == 1 and record.kind is ClassKind.SCHEDULED:
            home = shared[0]
            entry.values["school_class_id"] = home
            if entry.before is None:
                size = sum(home in mine for mine in homes.values())
                entry.values["is_subgroup"] = len(students) < size


def find_connected(plan: Planning, kind: type[OfSchool], of: str, to: str) -> dict[int, set[int]]:
    """Return {row: connected rows} by stays that have not ended, or that the set contains."""
    found: dict[int, set[int]] = {}
    for entry in plan.book[kind]:
        if entry.place is not None or is_current(entry, plan.today):
            found.setdefault(entry[of], set()).add(entry[to])
    return found


def is_current(entry: Entry, today: date) -> bool:
    return entry["valid_to"] is None or entry["valid_to"] > today
