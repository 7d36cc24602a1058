"""How many members lists usually have in a school, to estimate before it runs what an operation
asks for. They are estimates of size, not limits."""

from collections.abc import Mapping

from graphql import FieldNode, GraphQLField, IntValueNode

from resolvers.listing import MOST, USUAL

ELSEWHERE = 10
MEMBERS: Mapping[str, int] = {
    "Assignment.marks": 30,
    "ClassAverages.rows": 30,
    "ClassAveragesRow.averages": 15,
    "Diary.days": 7,
    "DiaryDay.homeworkDue": 7,
    "DiaryDay.lessons": 7,
    "DiaryLesson.marks": 2,
    "Guardian.links": 3,
    "Homework.attachments": 3,
    "Journal.cells": 600,
    "Journal.lessons": 20,
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


def members_of(coordinate: str) -> int:
    return MEMBERS.get(coordinate, ELSEWHERE)


def is_paged(field: GraphQLField) -> bool:
    """Whether it gives a page of a longer list."""
    return "first" in field.args


def size_of_page(node: FieldNode) -> int:
    """How many rows a page has: what the document says; at most what it may have where a variable
    says it."""
    sizes = [one.value for one in node.arguments or () if one.name.value in ("first", "last")]
    known = [int(size.value) for size in sizes if isinstance(size, IntValueNode)]
    if len(known) < len(sizes):
        return MOST
    return min(max(known, default=USUAL), MOST)
