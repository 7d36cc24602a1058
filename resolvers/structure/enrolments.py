"""Enrolling students."""

from datetime import date
from uuid import UUID

from auth.rights import Right
from models.base import Id
from models.people.persons import Person, Sex
from models.people.students import Enrollment, Student, StudentStatus, StudyForm
from models.problems import YearArchived
from models.school.calendar import AcademicYear
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.core.cautions import require_reason
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged
from resolvers.people import persons
from resolvers.people.persons import make_person
from resolvers.people.students import STUDENT, StudentKnown
from resolvers.school.calendar import OutsideYear, open_year, require_in_year
from resolvers.structure.members import join_section, lock_class, select_whole_class


@command(
    Right.STUDENTS_WRITE,
    YearArchived,
    OutsideYear,
    *persons.PROBLEMS,
    writes=(Person, Enrollment),
    warns=(*persons.CAUTIONS, StudentKnown),
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
    school_class_id: Logged[Id[SchoolClass] | None] = None,
    override_reason: str | None = None,
    idempotency_key: UUID | None = None,
) -> Logged[Student]:
    """Admit a student by order (зачисление), and put them into a class and into the sections that
    the whole class attends.

    family_name: Surname, at most 100 characters.
    given_name: Given name, at most 100 characters.
    patronymic: Patronymic; null when they have none.
    sex: As in the documents.
    birth_date: Day of birth.
    personal_file_no: Number of the personal file, unique in the school.
    entry_date: First day; with a class, a day of its year.
    entry_order: The order, e.g. `12-у от 30.08.2026`.
    form: The form of study.
    school_class_id: Their class; null for family education.
    """
    await ctx.get(ctx.actor.school, to=Right.STUDENTS_WRITE)
    person, cautions = await make_person(
        ctx,
        STUDENT,
        override_reason,
        family_name=family_name,
        given_name=given_name,
        patronymic=patronymic,
        sex=sex,
        birth_date=birth_date,
        since=entry_date,
    )
    student = Student(
        person_id=person.id,
        personal_file_no=personal_file_no,
        admitted_on=entry_date,
        status=StudentStatus.ENROLLED,
    )
    ctx.session.add(student)
    await ctx.session.flush()
    require_reason(cautions, override_reason)
    stay = {"entry_date": entry_date, "entry_order": entry_order, "form": form}
    ctx.session.add(Enrollment(student_id=student.id, **stay))
    if school_class_id:
        await join_class(ctx, student, school_class_id, entry_date)
    return student


async def join_class(
    ctx: Ctx, student: Student, school_class_id: Id[SchoolClass], entry_date: date
) -> None:
    """Put a student into a class and into the sections that the whole class attends; subgroups are
    left to people. Raises OutsideYear or YearArchived."""
    school_class = await ctx.get(school_class_id)
    year_id = Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id)
    year = await open_year(ctx, year_id, "school_class_id")
    require_in_year(year, entry_date, "entry_date")
    await lock_class(ctx, school_class)
    ctx.session.add(
        ClassMembership(
            student_id=student.id, school_class_id=school_class.id, valid_from=entry_date
        )
    )
    for section in await ctx.session.scalars(select_whole_class(ctx, school_class)):
        join_section(ctx, section, [student.id], entry_date)
