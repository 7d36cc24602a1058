"""Plan school classes from homerooms, with functions that classes and sections share."""

import re
from collections import Counter
from typing import Final

from models.school.calendar import AcademicYear
from models.structure.classes import ClassKind as Kind
from models.structure.classes import SchoolClass
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.calendar import term_type
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import Planning, cut
from resolvers.exchange.oneroster.records import ClassRecord, level_of
from resolvers.exchange.oneroster.vocabulary import ClassKind, Role

NAME: Final = re.compile(r"(\d{1,2})\s*[-–—.]?\s*(.*)")
QUOTES: Final = " «»\"'“”„()"
LETTER: Final = 15


def plan_classes(plan: Planning) -> None:
    shelf = plan.book[SchoolClass]
    for record in plan.class_records:
        year = year_of(plan, record) if record.active else None
        if year is not None and record.kind is ClassKind.HOMEROOM:
            plan_class(plan, record, year)
    plan.classes = shelf.rows_by()


def year_of(plan: Planning, record: ClassRecord) -> Entry | None:
    """Return the year of its sessions; the current one if it names none."""
    known = next((plan.years[key] for key in record.session_ids if key in plan.years), None)
    here = sorted(plan.book[AcademicYear], key=lambda it: (it["status"].name != "CURRENT", it.id))
    return known or next(iter(here), None)


def type_of(plan: Planning, record: ClassRecord, year: Entry) -> int:
    """Return the type of its terms: its own, else the commonest of the year, else quarters."""
    own = next((plan.types[key] for key in record.session_ids if key in plan.types), None)
    known = Counter(plan.types[key] for key, it in plan.years.items()
                    if it is year and key in plan.types)  # fmt: skip
    usual = known.most_common(1)
    return own or (usual[0][0] if usual else term_type(plan, "QUARTER").id)


def plan_class(plan: Planning, record: ClassRecord, year: Entry) -> None:
    shelf = plan.book[SchoolClass]
    found = shelf.rows_by().get(record.sourced_id)
    grade, letter = name_of(plan, record)
    if grade is None:
        # It is empty: a club, or a class that will be filled later.
        needed = any(it.active for it in plan.enrollments.get(record.sourced_id, ()))
        refused = needed and not plan.roster.lenient
        code = Code.CLASS_WITHOUT_GRADE if refused else Code.CLASS_LEFT_OUT
        plan.tell(code, record, "grades", value=record.title)
        return
    year_id = found["academic_year_id"] if found else year.id
    alike = shelf.group_by("academic_year_id", "grade_level", "letter")
    there = next(iter(alike.get((year_id, grade, letter), [])), None)
    if there is not None and there is not found:
        if found or there["sourced_id"] is not None:
            plan.tell(Code.CLASS_NAME_TWICE, record, "title", value=f"{grade}{letter}",
                      taken=year["name"])  # fmt: skip
            return
        found = there  # made by hand: the name is unique in the year
    fresh = {
        "academic_year_id": year_id,
        "kind": Kind.ORDINARY,
        "shift": 1,
        "term_type_id": found["term_type_id"] if found else type_of(plan, record, year),
    }
    said = {"grade_level": grade, "letter": letter, "sourced_id": record.sourced_id}
    shelf.put(found, record.place, f"{grade}{letter}", fresh, **said)


def name_of(plan: Planning, record: ClassRecord) -> tuple[int | None, str]:
    """Return (7, "А") for `7А`, `7-А`, `7 «А»`; any other name is all letter."""
    levels = [level for level in map(level_of, record.grades) if level is not None]
    named = NAME.fullmatch(record.title)
    written = level_of(named[1]) if named else None
    grade = levels[0] if len(set(levels)) == 1 else written
    if grade is None:
        grade = levels[0] if levels else grade_of_students(plan, record)
    letter = (named[2] if named and written == grade else record.title).strip(QUOTES)
    return grade, cut(letter or record.code or "А", LETTER)


def grade_of_students(plan: Planning, record: ClassRecord) -> int | None:
    """Return the commonest grade on the cards of its students."""
    levels: Counter[int] = Counter()
    for it in plan.enrollments.get(record.sourced_id, ()):
        if it.role is Role.STUDENT:
            user = plan.records.users.get(it.user_id)
            roles = plan.roles.get(it.user_id, ())
            words = [*(user.grades if user else ()), *(role.grade for role in roles)]
            levels.update(level for level in map(level_of, words) if level is not None)
    return levels.most_common(1)[0][0] if levels else None
