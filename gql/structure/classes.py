"""Classes."""

from datetime import date

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, guarded, listing, many, mutation, node, one, only, via
from models.people.persons import Person
from models.people.students import Student
from models.structure import classes as rows
from models.structure.sections import Section
from resolvers.core.shapes import holds_today
from resolvers.structure import classes
from resolvers.structure.members import order_by_name


@node(rows.SchoolClass)
class SchoolClass(Node):
    name: str
    grade_level: int
    letter: str
    profile: str | None
    kind: rows.ClassKind
    shift: int
    reference_count: int | None
    overridden_warnings: list[str] = guarded(Right.CLASSES_WRITE)
    override_reason: str | None = guarded(Right.CLASSES_WRITE)
    version: int
    academic_year = one(rows.SchoolClass.academic_year_id)
    room = one(rows.SchoolClass.room_id, description="Home room; null when it has none.")
    term_type = one(rows.SchoolClass.term_type_id)
    holiday_set = one(rows.SchoolClass.holiday_set_id)
    bell_schedule = one(rows.SchoolClass.bell_schedule_id)
    class_teacher = only(
        rows.ClassTeacher.school_class_id,
        to=rows.ClassTeacher.staff_id,
        where=classes.leads_today,
        description="Who leads it today (классный руководитель); null when nobody does.",
    )
    members = many(
        rows.ClassMembership.school_class_id,
        where=holds_today,
        order=(order_by_name(rows.ClassMembership),),
        description="Who is in it today, by name only, in Russian order.",
    )
    students = many(
        rows.ClassMembership.school_class_id,
        to=rows.ClassMembership.student_id,
        where=holds_today,
        order=(order_by_name(rows.ClassMembership),),
        description="Those of its students whose cards the viewer may read, in Russian order.",
    )
    sections = many(
        Section.school_class_id, order=(Section.name,), description="What is taught in it, by name."
    )
    viewer_can = can(edit=Right.CLASSES_WRITE, publish_notices=Right.NOTICES_PUBLISH)


@node(rows.ClassMembership)
class ClassMembership(Node):
    short_name = via(rows.ClassMembership.student_id, Student.person_id, Person.short_name)
    full_name = via(rows.ClassMembership.student_id, Student.person_id, Person.full_name)


@node(rows.ClassTeacher)
class ClassTeacher(Node):
    is_deputy: bool
    valid_from: date
    valid_to: date | None
    staff = one(rows.ClassTeacher.staff_id)
    school_class = one(rows.ClassTeacher.school_class_id)


@strawberry.type
class Query:
    classes = listing(classes.find_classes, classes.ORDERS)


@strawberry.type
class Mutation:
    create_class = mutation(classes.create_class)
    assign_class_teacher = mutation(classes.assign_class_teacher)
