"""Rules for homework."""

from auth.actor import Viewer
from auth.policy import (
    Reach,
    certain,
    readable,
    through,
)
from auth.rights import Right
from auth.timetable.lessons import read_lessons
from models.journal.diary import DiaryLesson
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson


@readable(Homework, Right.ASSIGNMENTS_READ)
def read_homework(viewer: Viewer, homework: type[Homework]) -> Reach:
    """As its lesson."""
    return through(viewer, homework, homework.lesson_id, Lesson, read_lessons)


@readable(HomeworkAttachment, Right.ASSIGNMENTS_READ)
def read_homework_attachments(viewer: Viewer, attachment: type[HomeworkAttachment]) -> Reach:
    """As the homework."""
    return through(viewer, attachment, attachment.homework_id, Homework, read_homework)


certain(Homework.lesson_id, Lesson, DiaryLesson, Homework)
certain(HomeworkAttachment.homework_id, Homework)
