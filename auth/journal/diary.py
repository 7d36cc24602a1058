"""Rules for the diary of a student."""

from auth.actor import Viewer
from auth.policy import (
    SECTION,
    Reach,
    readable,
)
from auth.relationships.sections import journal_of_sections
from auth.relationships.students import of_student
from auth.rights import Right
from models.journal.diary import DiaryLesson


@readable(DiaryLesson, Right.LESSONS_READ)
def read_diaries(viewer: Viewer, lesson: type[DiaryLesson]) -> Reach:
    """Of the student; teachers: the lessons of their sections, and all of their class."""
    known = journal_of_sections(viewer, lesson.section_id)[SECTION]
    return {**of_student(viewer, lesson.student_id), SECTION: known}
