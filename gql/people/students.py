"""Students."""

from datetime import date

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, guarded, listing, many, node, one, only, query, via
from models.people import students as rows
from models.people.guardians import GuardianLink
from models.people.persons import Person
from models.people.private import StudentContacts, StudentHealth, StudentIdentity
from models.structure.classes import ClassMembership
from resolvers.core.shapes import holds_today
from resolvers.people import guardians, students


@node(rows.Student)
class Student(Node):
    full_name = via(rows.Student.person_id, Person.full_name)
    short_name = via(rows.Student.person_id, Person.short_name)
    family_name = via(rows.Student.person_id, Person.family_name)
    given_name = via(rows.Student.person_id, Person.given_name)
    patronymic = via(rows.Student.person_id, Person.patronymic)
    sex = via(rows.Student.person_id, Person.sex)
    birth_date = guarded(Right.BIRTH_DATES_READ, via(rows.Student.person_id, Person.birth_date))
    personal_file_no: str | None = guarded(Right.STUDENTS_READ_FILE)
    admitted_on: date | None = guarded(Right.STUDENTS_READ_FILE)
    status: rows.StudentStatus
    version: int
    person = one(rows.Student.person_id)
    school_class = only(
        ClassMembership.student_id,
        to=ClassMembership.school_class_id,
        where=holds_today,
        description="The class they are in today; null outside classes.",
    )
    enrollments = many(
        rows.Enrollment.student_id,
        order=(rows.Enrollment.entry_date,),
        description="Their stays in the school, in order of time.",
    )
    guardian_links = many(
        GuardianLink.student_id,
        where=holds_today,
        order=(guardians.PRIORITY,),
        description="Their guardians today, in the order in which to call them.",
    )
    identity = only(StudentIdentity.student_id)
    contacts = only(StudentContacts.student_id)
    health = only(StudentHealth.student_id)
    viewer_can = can(
        edit=Right.STUDENTS_WRITE,
        read_health=Right.HEALTH_READ,
        link_guardians=Right.GUARDIANS_WRITE,
    )


@node(rows.Enrollment)
class Enrollment(Node):
    entry_date: date
    entry_order: str | None
    exit_date: date | None
    exit_reason: str | None
    destination: str | None
    form: rows.StudyForm


@strawberry.type
class Query:
    student = query(students.find_student)
    students = listing(students.find_students, students.ORDERS)
