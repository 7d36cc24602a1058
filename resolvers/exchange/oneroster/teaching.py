"""Plan subjects and sections from courses and scheduled classes."""

from typing import Final

from models.structure.sections import Section
from models.structure.subjects import MarkScale, Subject
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.homerooms import type_of, year_of
from resolvers.exchange.oneroster.planning import Planning, cut, same_title
from resolvers.exchange.oneroster.records import ClassRecord, level_of
from resolvers.exchange.oneroster.vocabulary import ClassKind

UNGRADED_UP_TO: Final = 1
"""The last grade without marks."""


def plan_sections(plan: Planning) -> None:
    subjects, sections = Subjects(plan), Sections(plan)
    for record in plan.class_records:
        year = year_of(plan, record) if record.active else None
        if year is not None and record.kind is ClassKind.SCHEDULED:
            sections.put(record, year, subjects.find_subject(record))
    plan.sections = sections.by_key


class Subjects:
    """The school's subjects by course or by name."""

    def __init__(self, plan: Planning) -> None:
        self.plan, self.shelf = plan, plan.book[Subject]
        self.by_key = self.shelf.rows_by()
        self.by_name = {same_title(it["name"]): it for it in self.shelf}
        self.last = max((it["position"] for it in self.shelf), default=-1)

    def find_subject(self, record: ClassRecord) -> Entry:
        """Return the only subject that it or its course names. If there are several, or only codes,
        the course is the subject; without a course, the class itself."""
        course = self.plan.records.courses.get(record.course_id or "")
        for source in (course, record):
            named = [it for it in source.subjects if not it.isdecimal()] if source else []
            if len(named) == 1:
                return self.put(named[0], None, record)
        if course is not None:
            return self.put(course.title, course.sourced_id, record)
        return self.put(record.title, None, record)

    def put(self, name: str, key: str | None, record: ClassRecord) -> Entry:
        own, alike = self.by_key.get(key), self.by_name.get(same_title(name))
        if own is not None and alike is None:  # the course was renamed
            entry = self.shelf.put(own, record.place, name, name=name)
        else:
            fresh = {
                "name": name,
                "short_name": cut(name, 60),
                "scale": MarkScale.FIVE_POINT,
                "position": self.last + 1,
                "sourced_id": key if own is None else None,
            }
            entry = self.shelf.put(alike, record.place, name, fresh)
            self.last += entry is not alike
        self.by_name[same_title(name)] = entry
        if key is not None:
            self.by_key.setdefault(key, entry)
        return entry


class Sections:
    """The school's sections by the sender's identifier."""

    def __init__(self, plan: Planning) -> None:
        self.plan, self.shelf = plan, plan.book[Section]
        self.by_key: dict[str, Entry] = self.shelf.rows_by()
        self.by_name = {(it["academic_year_id"], it["name"]): it for it in self.shelf}

    def put(self, record: ClassRecord, year: Entry, subject: Entry) -> None:
        found = self.by_key.get(record.sourced_id)
        year_id = found["academic_year_id"] if found else year.id
        same = self.by_name.get((year_id, record.title))
        if (
            found is None
            and same
            and (same["sourced_id"], same["subject_id"]) == (None, subject.id)
        ):
            found = same  # made by hand, of the same name, year and subject
        if found is not None and found["subject_id"] != subject.id:
            kept = self.plan.book[Subject][found["subject_id"]]["name"]
            told = {"value": record.title, "taken": kept}
            self.plan.tell(Code.SUBJECT_KEPT, record, "courseSourcedId", **told)
        fresh = {
            "academic_year_id": year_id,
            "subject_id": subject.id,
            "term_type_id": type_of(self.plan, record, year),
            "is_subgroup": False,
            "scale": scale(record, subject),
        }
        said = {"name": self.name(record, year_id, found), "sourced_id": record.sourced_id}
        entry = self.shelf.put(found, record.place, record.title, fresh, **said)
        self.by_key[record.sourced_id] = self.by_name[year_id, entry["name"]] = entry

    def name(self, record: ClassRecord, year_id: int, found: Entry | None) -> str:
        """Return its title, with its code or identifier if another section of the year has the
        title."""
        names = [record.title, f"{record.title} ({record.sourced_id})"]
        if record.code:
            names.insert(1, f"{record.title} ({record.code})")
        free = (it for it in names if self.by_name.get((year_id, it), found) is found)
        return next(free, names[-1])


def scale(record: ClassRecord, subject: Entry) -> MarkScale:
    levels = [level for level in map(level_of, record.grades) if level is not None]
    ungraded = bool(levels) and max(levels) <= UNGRADED_UP_TO
    found: MarkScale = MarkScale.UNGRADED if ungraded else subject["scale"]
    return found
