"""Sections."""

from datetime import date
from decimal import Decimal

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, listing, many, mutation, node, one, only, via
from models.people.persons import Person
from models.people.students import Student
from models.structure import sections as rows
from models.structure.subjects import MarkScale
from resolvers.core.shapes import holds_today
from resolvers.structure import sections
from resolvers.structure.members import order_by_name


@node(rows.Section)
class Section(Node):
    name: str
    is_subgroup: bool
    hours_per_week: Decimal | None
    scale: MarkScale
    version: int
    subject = one(rows.Section.subject_id)
    school_class = one(
        rows.Section.school_class_id, description="Its class; null when it joins several."
    )
    academic_year = one(rows.Section.academic_year_id)
    term_type = one(rows.Section.term_type_id)
    teacher = only(
        rows.TeachingAssignment.section_id,
        to=rows.TeachingAssignment.staff_id,
        where=sections.teaches_today,
        description="Who mainly teaches it today; null when nobody does.",
    )
    teaching = many(
        rows.TeachingAssignment.section_id,
        order=(rows.TeachingAssignment.valid_from,),
        description="Who teaches and taught it, in order of time.",
    )
    members = many(
        rows.SectionMembership.section_id,
        where=holds_today,
        order=(order_by_name(rows.SectionMembership),),
        description="Who is in it today, by name only, in Russian order.",
    )
    students = many(
        rows.SectionMembership.section_id,
        to=rows.SectionMembership.student_id,
        where=holds_today,
        order=(order_by_name(rows.SectionMembership),),
        description="Those of its students whose cards the viewer may read, in Russian order.",
    )
    viewer_can = can(
        edit=Right.CLASSES_WRITE,
        schedule_lessons=Right.TIMETABLE_WRITE,
        set_term_marks=Right.TERM_MARKS_WRITE,
        publish_notices=Right.NOTICES_PUBLISH,
    )


@node(rows.SectionMembership)
class SectionMembership(Node):
    valid_from: date
    valid_to: date | None
    short_name = via(rows.SectionMembership.student_id, Student.person_id, Person.short_name)
    full_name = via(rows.SectionMembership.student_id, Student.person_id, Person.full_name)


@node(rows.TeachingAssignment)
class TeachingAssignment(Node):
    role: rows.TeachingRole
    hours: Decimal | None
    valid_from: date
    valid_to: date | None
    staff = one(rows.TeachingAssignment.staff_id)
    section = one(rows.TeachingAssignment.section_id)


@strawberry.type
class Query:
    sections = listing(sections.find_sections, sections.ORDERS)


@strawberry.type
class Mutation:
    create_section = mutation(sections.create_section)
    assign_teacher = mutation(sections.assign_teacher)
