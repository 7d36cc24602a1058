"""Rows of organisations, sessions, courses, classes and enrollments as records.

Each function returns the record of one row, or None if the row has errors.
"""

import re
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.records import (
    ClassRecord,
    Course,
    Enrollment,
    Org,
    Session,
)
from resolvers.exchange.oneroster.values import Cells
from resolvers.exchange.oneroster.vocabulary import (
    CLASS_KINDS,
    ORG_KINDS,
    ROLES,
    SESSION_KINDS,
    ClassKind,
    OrgKind,
    Role,
)

# 7А, 10 «Б», 7-а: names of school classes in Russia.
CLASS_NAME: Final = re.compile(r"\d{1,2}[ -]?[«\"]?[А-ЯЁA-Z][»\"]?", re.IGNORECASE)


def org(row: Cells) -> Org | None:
    made = Org(
        sourced_id=row.key("sourcedId"),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        name=row.need("name"),
        kind=row.read_word("type", ORG_KINDS, OrgKind.OTHER),
        word=row.need("type"),
        identifier=row.text("identifier"),
        parent_id=row.link("parentSourcedId"),
    )
    return None if row.broken else made


def session(row: Cells) -> Session | None:
    sourced_id, status = row.key("sourcedId"), row.status()
    kind = row.one_of("type", SESSION_KINDS)
    row.need("startDate")
    row.need("endDate")
    start, end = row.span("startDate", "endDate")
    title, year = row.need("title"), row.read_whole("schoolYear")
    parent = row.link("parentSourcedId")
    if row.broken or kind is None or start is None or end is None:
        return None
    return Session(
        sourced_id=sourced_id,
        status=status,
        modified=row.read_modified(),
        place=row.place,
        title=title,
        kind=kind,
        start=start,
        end=end,
        parent_id=parent,
        year=year,
    )


def course(row: Cells) -> Course | None:
    made = Course(
        sourced_id=row.key("sourcedId"),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        title=row.need("title"),
        code=row.text("courseCode"),
        grades=row.words("grades"),
        org_id=row.link("orgSourcedId"),
        year_id=row.link("schoolYearSourcedId"),
        subjects=row.words("subjects"),
        subject_codes=row.words("subjectCodes"),
    )
    return None if row.broken else made


def class_record(row: Cells) -> ClassRecord | None:
    made = ClassRecord(
        sourced_id=row.key("sourcedId"),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        title=row.need("title"),
        code=row.text("classCode"),
        kind=class_kind(row),
        grades=row.words("grades"),
        course_id=row.link("courseSourcedId"),
        org_id=row.key("schoolSourcedId"),
        session_ids=row.links("termSourcedIds"),
        subjects=row.words("subjects"),
        subject_codes=row.words("subjectCodes"),
        periods=row.words("periods"),
        location=row.text("location"),
    )
    return None if row.broken else made


def class_kind(row: Cells) -> ClassKind:
    """Return the kind in the file. School Data Sync has none: a class with a course is a section.

    Of the others, one that is named like a school class is treated as one, with a warning.
    """
    if row.text("classType"):
        return row.read_word("classType", CLASS_KINDS, ClassKind.SCHEDULED)
    if row.text("courseSourcedId"):
        return ClassKind.SCHEDULED
    title = row.text("title")
    kind = ClassKind.HOMEROOM if CLASS_NAME.fullmatch(title) else ClassKind.SCHEDULED
    row.find(Code.CLASS_KIND_GUESSED, "title", value=title, taken=kind)
    return kind


def enrollment(row: Cells) -> Enrollment | None:
    class_id, user_id = row.key("classSourcedId"), row.key("userSourcedId")
    word = row.need("role")
    begin, end = row.span("beginDate", "endDate")
    made = Enrollment(
        sourced_id=row.own_key("enrollment", class_id, user_id, word),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        class_id=class_id,
        user_id=user_id,
        org_id=row.link("schoolSourcedId"),
        role=row.read_word("role", ROLES, Role.OTHER),
        word=word,
        primary=row.read_flag("primary"),
        begin=begin,
        end=end,
    )
    return None if row.broken else made
