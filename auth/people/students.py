"""Rules for students."""

from auth.actor import Viewer
from auth.policy import SECTION, Reach, allowed, readable
from auth.relationships.classes import members_of_sections
from auth.relationships.students import of_student, of_student_closely
from auth.relationships.teaching import sections_known
from auth.rights import Right
from models.people.students import Enrollment, Student

# -- students ------------------------------------------------------------------------


@readable(Student, Right.STUDENTS_READ)
def read_cards(viewer: Viewer, student: type[Student]) -> Reach:
    """Oneself, one's children, one's sections and classes, those of a lesson one substitutes in,
    or all."""
    known = members_of_sections(viewer, sections_known(viewer))
    return {**of_student(viewer, student.id), SECTION: student.id.in_(known)}


@allowed(Student, Right.BIRTH_DATES_READ)
@allowed(Student, Right.STUDENTS_WRITE)
@allowed(Student, Right.HEALTH_READ)
def read_students(viewer: Viewer, student: type[Student]) -> Reach:
    """Oneself, one's children, one's sections and classes, or all."""
    return of_student(viewer, student.id)


@allowed(Student, Right.STUDENTS_READ_FILE)
def read_personal_files(viewer: Viewer, student: type[Student]) -> Reach:
    """As the student, but never by teaching them (domain.md c.1, "Personal file")."""
    return of_student_closely(viewer, student.id)


@readable(Enrollment, Right.STUDENTS_READ_MOVEMENTS)
def read_enrollments(viewer: Viewer, enrollment: type[Enrollment]) -> Reach:
    """As the student, but never by teaching them (domain.md c.1, "Movement orders")."""
    return of_student_closely(viewer, enrollment.student_id)
