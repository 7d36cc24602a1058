"""Rules for the diary of a student."""

from auth.actor import Viewer
from auth.policy import (
    SECTION,
    Reach,
    readable,
)
from auth.relationships.sections import journal_of_sections
from auth.relationships.students import reach_student
from auth.rights import Right
from models.journal.diary import DiaryLesson


@readable(DiaryLesson, Right.LESSONS_READ)
def read_diaries(viewer: Viewer, lesson: type[DiaryLesson]) -> Reach:
    """A diary is read by those who reach the student; teachers see only the lessons of sections
    whose journal they read."""
    known = journal_of_sections(viewer, lesson.section_id)[SECTION]
    return {**reach_student(viewer, lesson.student_id), SECTION: known}
