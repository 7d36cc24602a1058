"""The averages of a class."""

from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.bridge import computed, ident, many, node, one, query, same, via
from models.people.persons import Person
from models.people.students import Student
from models.school.calendar import Term
from models.structure.classes import SchoolClass
from models.structure.sections import SectionMembership
from models.structure.subjects import Subject
from resolvers.core.shapes import Via
from resolvers.journal import class_averages


@node(class_averages.SubjectAverage)
class SubjectAverage:
    subject = one(SectionMembership.subject_id)
    section = one(
        SectionMembership.section_id, description="The section in which the student learns it."
    )
    weighted_average: Decimal | None = computed(class_averages.average)
    mark_count: int | None = computed(class_averages.count)


@node(class_averages.ClassAveragesRow)
class ClassAveragesRow:
    student_id = ident(Student, "id")
    full_name = via(Student.person_id, Person.full_name)
    averages = many(
        SectionMembership.student_id,
        where=class_averages.at_the_end,
        order=(Via((SectionMembership.subject_id,), Subject.position),),
        shown_as=class_averages.SubjectAverage,
        right=Right.MARKS_READ,
        description="The averages in each of their subjects, in the school's own order.",
    )


@node(class_averages.ClassSubjectAverage)
class ClassSubjectAverage:
    subject = same(Subject, description="The subject.")
    weighted_average: Decimal | None = computed(class_averages.class_average)


@node(class_averages.ClassAverages)
class ClassAverages:
    school_class: SchoolClass
    term: Term
    rows: list[class_averages.ClassAveragesRow]
    subjects: list[class_averages.ClassSubjectAverage]


@strawberry.type
class Query:
    class_averages = query(class_averages.find_class_averages)
