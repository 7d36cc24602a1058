"""The lengths of lists, for the static cost of an operation; see `gql.guard.cost`.

An argument sets the length of some lists. The length of all others is declared here: it is usual in
a large school, and no limit of an answer.
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

from gql.guard.cost import ListLength, VariableName
from resolvers.core.listing import MOST, USUAL
from resolvers.journal.diary import LONGEST as LONGEST_DIARY
from resolvers.journal.marks import MOST as LONGEST_BATCH

SCHOOL_YEAR = 34 * 7
"""Days of the weeks with lessons in a year."""
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
"""The length by the coordinate of a field; all others have ELSEWHERE."""
OF_PARENT: Mapping[str, int] = {
    "Diary.days": 1,
    "Journal.cells": 30,
    "Journal.lessons": 1,
    "SetMarksPayload.results": 1,
}
"""The factor of lists whose length follows from the arguments of the field around them: a diary has
one group per day, a journal 30 cells per lesson, a batch one result per item."""


def members_of(coordinate: str) -> int:
    return MEMBERS.get(coordinate, ELSEWHERE)


def members_of_parent(type_: Any, name: str) -> int:
    """Return the members of a list per member that the arguments of the field around it set; 0 if
    they do not set its length."""
    if "pageInfo" in type_.fields:
        return 1 if name in ("nodes", "edges") else 0
    return OF_PARENT.get(f"{type_.name}.{name}", 0)


def length_of(type_: Any, node: FieldNode, definition: GraphQLField) -> ListLength | None:
    """Return the length that the arguments of a field set; None if they set none."""
    if "first" in definition.args:
        return ListLength(size_of_page, (read_argument(node, "first"), read_argument(node, "last")))
    if reckon := BY_COORDINATE.get(f"{type_.name}.{node.name.value}"):
        names, length = reckon
        return ListLength(length, tuple(read_argument(node, name) for name in names))
    return None


def read_argument(node: FieldNode, name: str) -> Any:
    """Return the value of an argument: a number, a text, a list of that length, or a variable."""
    found = (one.value for one in node.arguments or () if one.name.value == name)
    return read_literal(next(found, None))


def read_literal(value: ValueNode | None) -> Any:
    """Return the value of a literal, as far as a length needs it."""
    match value:
        case None | NullValueNode():
            return None
        case VariableNode():
            return VariableName(value.name.value)
        case IntValueNode():
            return int(value.value[:10])
        case StringValueNode():
            return value.value
        case ListValueNode():
            return [None] * len(value.values)
        case ObjectValueNode():
            return {one.name.value: read_literal(one.value) for one in value.fields}
        case _:
            return UNREADABLE


UNREADABLE = object()
"""A literal that no such argument accepts. Validation reports it later; here it counts as the
greatest length."""


def size_of_page(first: Any, last: Any) -> int:
    sizes = [size for size in (first, last) if size is not None]
    sizes = [int(one) if isinstance(one, float) and one.is_integer() else one for one in sizes]
    if not all(isinstance(size, int) for size in sizes):
        return MOST
    return min(max(0, *sizes), MOST) if sizes else USUAL


def size_of_period(first: Any, last: Any, *, longest: int, weekly: int) -> int:
    """Return the number of lessons or days in a period, by their number per week; without a last
    day the period is a week."""
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
"""Fields, other than connections, whose arguments set their length."""
