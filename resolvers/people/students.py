"""Looking students up, and enrolling them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id, holds_on
from models.people.persons import Person, Sex
from models.people.private import StudentIdentity
from models.people.students import Enrollment, Student, StudentStatus, StudyForm
from models.problems import BadUserInput, Problem, Validation, YearArchived
from models.school.calendar import AcademicYear
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.keep import KEEP
from resolvers.listing import Listing, Ordering
from resolvers.school.calendar import open_year
from resolvers.shapes import NOTHING, Own, Value, Via, Wanted

ORDERS: Mapping[str, Value] = {
    "full_name": Via((Student.person_id,), Person.sort_key),
    "admitted_on": Own("admitted_on"),
    "personal_file_no": Own("personal_file_no"),
}


class PersonalFileTaken(Problem):
    """Another student has this number of the personal file; choose the next free one."""

    russian = "Этот номер личного дела занят; возьмите следующий свободный."


def link_lasts(viewer: Viewer, link: Any) -> ColumnElement[bool]:
    return holds_on(link, viewer.today)


async def find_students(ctx: Ctx) -> Listing[Student]:
    """Students who study here today and whom the viewer may see, in Russian order of names
    (обучающиеся)."""
    order = (Ordering("full_name", ORDERS["full_name"]),)
    return Listing(Student, order, (Student.status == StudentStatus.ENROLLED,))


@dataclass(frozen=True)
class StudentBy:
    """How to find one student: exactly one key.

    id: Id of the student.
    personal_file_no: Number of the personal file.
    sourced_id: Id in the system they were imported from.
    snils: Insurance number; needs the right to read it in full.
    """

    one_of: ClassVar[bool] = True

    id: Id[Student] | None = KEEP
    personal_file_no: str | None = KEEP
    sourced_id: str | None = KEEP
    snils: str | None = KEEP


async def find_student(ctx: Ctx, wanted: Wanted = NOTHING, *, by: StudentBy) -> Student | None:
    """One student; null when there is none or they are not for the viewer to see.

    by: How to find them.
    """
    query = visible(ctx.viewer, Student)
    if by.id is not KEEP:
        return await ctx.find(given(by.id), wanted)
    if by.personal_file_no is not KEEP:
        query = query.where(Student.personal_file_no == given(by.personal_file_no))
    elif by.sourced_id is not KEEP:
        query = query.where(Student.sourced_id == given(by.sourced_id))
    else:
        ctx.actor.require(Right.IDENTITY_READ_FULL)
        index = ctx.caller.services.secrets.index(given(by.snils))
        owner = visible(ctx.viewer, StudentIdentity, Right.IDENTITY_READ_FULL)
        owner = owner.with_only_columns(StudentIdentity.student_id)
        query = query.where(Student.id.in_(owner.where(StudentIdentity.snils_index == index)))
    found = await ctx.rows(query, Student, wanted)
    return found[0] if found else None


def given(value: Any) -> Any:
    if value is None:
        raise BadUserInput(field="by", expected="exactly one key that is not null")
    return value


@command(
    Right.STUDENTS_WRITE,
    PersonalFileTaken,
    YearArchived,
    refusals={"uq_students_school_id_personal_file_no": (PersonalFileTaken, "personal_file_no")},
)
async def enrol_student(
    ctx: Ctx,
    *,
    family_name: str,
    given_name: str,
    patronymic: str | None = None,
    sex: Sex | None = None,
    birth_date: date | None = None,
    personal_file_no: str,
    entry_date: date,
    entry_order: str | None = None,
    form: StudyForm = StudyForm.FULL_TIME,
    school_class_id: Id[SchoolClass] | None = None,
    idempotency_key: UUID | None = None,
) -> Student:
    """Admit a student by order (зачисление) and put them into a class.

    family_name: Surname, at most 100 characters.
    given_name: Given name, at most 100 characters.
    patronymic: Patronymic; null when they have none.
    sex: As in the documents.
    birth_date: Day of birth.
    personal_file_no: Number of the personal file, unique in the school.
    entry_date: First day.
    entry_order: The order, e.g. `12-у от 30.08.2026`.
    form: How they study.
    school_class_id: Their class; null for family education.
    """
    if birth_date is not None and birth_date >= entry_date:
        raise Validation(field="birth_date")
    person = Person(
        family_name=family_name,
        given_name=given_name,
        patronymic=patronymic,
        sex=sex,
        birth_date=birth_date,
    )
    ctx.session.add(person)
    await ctx.session.flush()
    student = Student(
        person_id=person.id,
        personal_file_no=personal_file_no,
        admitted_on=entry_date,
        status=StudentStatus.ENROLLED,
    )
    ctx.session.add(student)
    await ctx.session.flush()
    stay = {"entry_date": entry_date, "entry_order": entry_order, "form": form}
    ctx.session.add(Enrollment(student_id=student.id, **stay))
    if school_class_id:
        school_class = await ctx.get(school_class_id)
        year = Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id)
        begun = max(entry_date, (await open_year(ctx, year)).starts_on)
        ctx.session.add(
            ClassMembership(
                student_id=student.id, school_class_id=school_class.id, valid_from=begun
            )
        )
    return student
