"""How many members lists have, for the cost of an operation before it runs; see `gql.guard.cost`.

Lists whose length an argument says are as long as it says. Of all others the length is declared
here: what is usual in a large school, not a limit of what is answered.
"""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

from gql.guard.cost import Length, Named
from resolvers.core.listing import MOST, USUAL
from resolvers.journal.diary import LONGEST as LONGEST_DIARY
from resolvers.journal.marks import MOST as LONGEST_BATCH

SCHOOL_YEAR = 34 * 7
"""Days of a year on which there are lessons, with their weekends."""
ELSEWHERE = 10
MEMBERS: Mapping[str, int] = {
    "Assignment.marks": 30,
    "ClassAverages.rows": 30,
    "ClassAveragesRow.averages": 15,
    "DiaryDay.homeworkDue": 7,
    "DiaryDay.lessons": 7,
    "DiaryLesson.marks": 2,
    "Guardian.links": 3,
    "Homework.attachments": 3,
    "Journal.students": 30,
    "JournalCell.marks": 2,
    "Lesson.assignments": 2,
    "Lesson.attendance": 30,
    "Lesson.marks": 30,
    "MailMessage.attachments": 3,
    "Mark.revisions": 2,
    "Notice.attachments": 3,
    "Notice.targets": 3,
    "Notice.versions": 3,
    "Query.attendance": 30,
    "Query.roles": 12,
    "RoleRights.rights": 80,
    "SchoolClass.members": 30,
    "SchoolClass.sections": 15,
    "SchoolClass.students": 30,
    "Section.members": 30,
    "Section.students": 30,
    "Section.teaching": 2,
    "Student.enrollments": 3,
    "Student.guardianLinks": 3,
    "TermMark.revisions": 2,
    "TermMarkRow.marks": 10,
    "TermMarkSheet.rows": 30,
    "__Field.args": 3,
    "__Schema.directives": 10,
    "__Schema.types": 600,
    "__Type.enumValues": 5,
    "__Type.inputFields": 5,
    "__Type.interfaces": 1,
    "__Type.possibleTypes": 3,
    "__Directive.args": 2,
}
"""By the coordinate of a field; all others have ELSEWHERE."""
OF_PARENT: Mapping[str, int] = {
    "Diary.days": 1,
    "Journal.cells": 30,
    "Journal.lessons": 1,
    "SetMarksPayload.results": 1,
}
"""Lists that are so many times as long as the arguments of the field around them say: a diary has a
group a day, a journal a cell for each of 30 students in each lesson, a batch a result an item."""


def members_of(coordinate: str) -> int:
    return MEMBERS.get(coordinate, ELSEWHERE)


def members_of_parent(type_: Any, name: str) -> int:
    """How many members a list has for each that the arguments of the field around it ask for; 0 for
    one that these say nothing of."""
    if "pageInfo" in type_.fields:
        return 1 if name in ("nodes", "edges") else 0
    return OF_PARENT.get(f"{type_.name}.{name}", 0)


def length_of(type_: Any, node: FieldNode, definition: GraphQLField) -> Length | None:
    """How many members the arguments of a field ask for; None if they do not say."""
    if "first" in definition.args:
        return Length(size_of_page, (given(node, "first"), given(node, "last")))
    if reckon := BY_COORDINATE.get(f"{type_.name}.{node.name.value}"):
        names, length = reckon
        return Length(length, tuple(given(node, name) for name in names))
    return None


def given(node: FieldNode, name: str) -> Any:
    """The value of an argument: a number, a text, the count of a list, or a variable."""
    found = (one.value for one in node.arguments or () if one.name.value == name)
    return constant(next(found, None))


def constant(value: ValueNode | None) -> Any:
    """What a literal says, as far as lengths are made of it."""
    match value:
        case None | NullValueNode():
            return None
        case VariableNode():
            return Named(value.name.value)
        case IntValueNode():
            return int(value.value[:10])
        case StringValueNode():
            return value.value
        case ListValueNode():
            return [None] * len(value.values)
        case ObjectValueNode():
            return {one.name.value: constant(one.value) for one in value.fields}
        case _:
            return UNREADABLE


UNREADABLE = object()
"""What no such argument takes. Validation tells of it; until then it counts as the most."""


def size_of_page(first: Any, last: Any) -> int:
    sizes = [size for size in (first, last) if size is not None]
    sizes = [int(one) if isinstance(one, float) and one.is_integer() else one for one in sizes]
    if not all(isinstance(size, int) for size in sizes):
        return MOST
    return min(max(0, *sizes), MOST) if sizes else USUAL


def size_of_period(first: Any, last: Any, *, longest: int, weekly: int) -> int:
    """How many of something that is there so many times a week are in a period; without a last day
    it is a week."""
    days = longest
    if last is None:
        days = 7
    elif isinstance(first, str) and isinstance(last, str):
        try:
            days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
        except ValueError:
            days = longest
    return -(-min(max(1, days), longest) * weekly // 7)


def size_of_list(members: Any) -> int:
    return min(len(members), MOST) if isinstance(members, list) else MOST


def size_of_batch(sent: Any) -> int:
    items = sent.get("items") if isinstance(sent, dict) else None
    return min(len(items), LONGEST_BATCH) if isinstance(items, list) else LONGEST_BATCH


BY_COORDINATE: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "Mutation.setMarks": (("input",), size_of_batch),
    "Query.diary": (
        ("from", "to"),
        partial(size_of_period, longest=LONGEST_DIARY, weekly=7),
    ),
    "Query.journal": (
        ("from", "to"),
        partial(size_of_period, longest=SCHOOL_YEAR, weekly=5),
    ),
    "Query.nodes": (("ids",), size_of_list),
}
"""Fields whose arguments say how much they give, other than those of connections."""
