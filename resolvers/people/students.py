"""Looking students up, and enrolling them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from auth.actor import Actor, Viewer
from auth.policy import reach, visible
from auth.rights import Right
from models.base import Id
from models.people.persons import Person, Sex
from models.people.private import StudentIdentity
from models.people.students import Enrollment, Student, StudentStatus, StudyForm
from models.problems import BadUserInput, Caution, YearArchived
from models.school.calendar import AcademicYear
from models.structure.classes import ClassMembership, SchoolClass
from resolvers.cautions import insist
from resolvers.command import command
from resolvers.context import Ctx
from resolvers.keep import KEEP
from resolvers.listing import Listing, Ordering
from resolvers.parameters import Arg, Logged, Sealed
from resolvers.people import persons
from resolvers.people.persons import Kind, new_person
from resolvers.reads import Row, reads
from resolvers.school.calendar import OutsideYear, in_year, open_year
from resolvers.shapes import Own, Value, Via
from resolvers.structure.members import hold_class, join_section, whole_class

ORDERS: Mapping[str, Value] = {
    "full_name": Via((Student.person_id,), Person.sort_key),
    "admitted_on": Own("admitted_on"),
    "personal_file_no": Own("personal_file_no"),
}


class StudentKnown(Caution):
    """A student of this name studies or studied here, and nothing entered tells the two apart; look
    at that card before you make another."""

    russian = (
        "Ученик с таким именем здесь учится или учился, и по введённым данным их не различить; "
        "посмотрите ту карточку, прежде чем заводить вторую."
    )


STUDENT = Kind(Student.person_id, StudentKnown, (5, 20), Right.BIRTH_DATES_READ)


def find_students(viewer: Viewer) -> Listing[Student]:
    """Students who study here today and whom the viewer may see, in Russian order of names
    (обучающиеся)."""
    order = (Ordering("full_name", ORDERS["full_name"]),)
    return Listing(Student, order, (Student.status == StudentStatus.ENROLLED,))


@dataclass(frozen=True)
class StudentBy:
    """How to find one student: exactly one key.

    id: Id of the student.
    personal_file_no: Number of the personal file; needs the right to read it.
    sourced_id: Id in the system they were imported from; needs the right to read personal files.
    snils: Insurance number; needs the right to read it in full.
    """

    one_of: ClassVar[bool] = True

    id: Arg[Id[Student]] | None = KEEP
    personal_file_no: Arg[str] | None = KEEP
    sourced_id: Arg[str] | None = KEEP
    snils: Arg[Sealed] | None = KEEP


def checked(actor: Actor, by: StudentBy) -> None:
    """Raises BadUserInput for no key, Forbidden for one the viewer may not look by."""
    if None in (by.id, by.personal_file_no, by.sourced_id, by.snils):
        raise BadUserInput(field="by", expected="exactly one key that is not null")
    if by.snils is not KEEP:
        actor.require(Right.IDENTITY_READ_FULL)
    if by.personal_file_no is not KEEP or by.sourced_id is not KEEP:
        actor.require(Right.STUDENTS_READ_FILE)


@reads(check=checked)
def find_student(viewer: Viewer, *, by: StudentBy) -> Row[Student]:
    """One student; null when there is none or they are not for the viewer to see.

    by: How to find them.
    """
    if by.id is not KEEP:
        return Row(Student, (Student.id == by.id,))
    if by.personal_file_no is not KEEP or by.sourced_id is not KEEP:
        filed = reach(viewer, Student, Right.STUDENTS_READ_FILE)
        if by.personal_file_no is not KEEP:
            return Row(Student, (filed, Student.personal_file_no == by.personal_file_no))
        return Row(Student, (filed, Student.sourced_id == by.sourced_id))
    owner = visible(viewer, StudentIdentity, Right.IDENTITY_READ_FULL)
    owner = owner.where(StudentIdentity.snils_index == by.snils)
    return Row(Student, (Student.id.in_(owner.with_only_columns(StudentIdentity.student_id)),))


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
    """Admit a student by order (зачисление) and put them into a class, and into the sections that
    all of it attend.

    family_name: Surname, at most 100 characters.
    given_name: Given name, at most 100 characters.
    patronymic: Patronymic; null when they have none.
    sex: As in the documents.
    birth_date: Day of birth.
    personal_file_no: Number of the personal file, unique in the school.
    entry_date: First day; with a class, a day of its year.
    entry_order: The order, e.g. `12-у от 30.08.2026`.
    form: How they study.
    school_class_id: Their class; null for family education.
    """
    await ctx.get(ctx.actor.school, to=Right.STUDENTS_WRITE)
    person, cautions = await new_person(
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
    insist(cautions, override_reason)
    stay = {"entry_date": entry_date, "entry_order": entry_order, "form": form}
    ctx.session.add(Enrollment(student_id=student.id, **stay))
    if school_class_id:
        await join_class(ctx, student, school_class_id, entry_date)
    return student


async def join_class(
    ctx: Ctx, student: Student, school_class_id: Id[SchoolClass], entry_date: date
) -> None:
    """Put a student into a class, and into the sections that all of it attend; who is in which
    subgroup is for people to decide. Raises OutsideYear or YearArchived."""
    school_class = await ctx.get(school_class_id)
    year_id = Id(AcademicYear, ctx.actor.school_id, school_class.academic_year_id)
    in_year(await open_year(ctx, year_id), entry_date, "entry_date")
    await hold_class(ctx, school_class)
    ctx.session.add(
        ClassMembership(
            student_id=student.id, school_class_id=school_class.id, valid_from=entry_date
        )
    )
    for section in await ctx.session.scalars(whole_class(ctx, school_class)):
        join_section(ctx, section, [student.id], entry_date)
