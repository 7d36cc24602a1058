"""Rules for students."""

from auth.actor import Viewer
from auth.policy import SECTION, Reach, permits, readable
from auth.relationships.classes import members_of_sections
from auth.relationships.students import reach_student, reach_student_closely
from auth.relationships.teaching import sections_known
from auth.rights import Right
from models.people.students import Enrollment, Student

# -- students ------------------------------------------------------------------------


@readable(Student, Right.STUDENTS_READ)
def read_cards(viewer: Viewer, student: type[Student]) -> Reach:
    """Cards are read by those who reach the student, and by teachers who substitute in a lesson of
    theirs."""
    known = members_of_sections(viewer, sections_known(viewer))
    return {**reach_student(viewer, student.id), SECTION: student.id.in_(known)}


@permits(Student, Right.BIRTH_DATES_READ)
@permits(Student, Right.STUDENTS_WRITE)
@permits(Student, Right.HEALTH_READ)
def read_students(viewer: Viewer, student: type[Student]) -> Reach:
    """These rights reach oneself, one's children, and students of one's sections and classes."""
    return reach_student(viewer, student.id)


@permits(Student, Right.STUDENTS_READ_FILE)
def read_personal_files(viewer: Viewer, student: type[Student]) -> Reach:
    """Personal files are read by those who reach the student other than by teaching them (domain.md
    c.1, "Personal file")."""
    return reach_student_closely(viewer, student.id)


@readable(Enrollment, Right.STUDENTS_READ_MOVEMENTS)
def read_enrollments(viewer: Viewer, enrollment: type[Enrollment]) -> Reach:
    """Stays are read by those who reach the student other than by teaching them (domain.md c.1,
    "Movement orders")."""
    return reach_student_closely(viewer, enrollment.student_id)
