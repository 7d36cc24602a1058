"""Finding students."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from auth.actor import Actor, Viewer
from auth.policy import reach, visible
from auth.rights import Right
from models.base import Id
from models.people.persons import Person
from models.people.private import StudentIdentity
from models.people.students import Student, StudentStatus
from models.problems import BadUserInput, Caution
from resolvers.core.keep import KEEP
from resolvers.core.listing import Listing, Ordering
from resolvers.core.parameters import Arg, Sealed
from resolvers.core.reads import Row, reads
from resolvers.core.shapes import Own, Plain, Via
from resolvers.people.persons import Kind

ORDERS: Mapping[str, Plain] = {
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
    """A key of one student: exactly one field.

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


def check_key(actor: Actor, by: StudentBy) -> None:
    """Raise BadUserInput without a key, Forbidden for a key that the viewer may not search by."""
    if None in (by.id, by.personal_file_no, by.sourced_id, by.snils):
        raise BadUserInput(field="by", expected="exactly one key that is not null")
    if by.snils is not KEEP:
        actor.require(Right.IDENTITY_READ_FULL)
    if by.personal_file_no is not KEEP or by.sourced_id is not KEEP:
        actor.require(Right.STUDENTS_READ_FILE)


@reads(check=check_key)
def find_student(viewer: Viewer, *, by: StudentBy) -> Row[Student]:
    """One student; null when there is none that the viewer may see.

    by: The key to find them by.
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
