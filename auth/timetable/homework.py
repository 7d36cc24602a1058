"""Rules for homework."""

from auth.actor import Viewer
from auth.policy import (
    Reach,
    declare_certain,
    reach_through,
    readable,
)
from auth.rights import Right
from auth.timetable.lessons import read_lessons
from models.journal.diary import DiaryLesson
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson


@readable(Homework, Right.ASSIGNMENTS_READ)
def read_homework(viewer: Viewer, homework: type[Homework]) -> Reach:
    """Homework is read like its lesson."""
    return reach_through(viewer, homework, homework.lesson_id, Lesson, read_lessons)


@readable(HomeworkAttachment, Right.ASSIGNMENTS_READ)
def read_homework_attachments(viewer: Viewer, attachment: type[HomeworkAttachment]) -> Reach:
    """An attachment is read like its homework."""
    return reach_through(viewer, attachment, attachment.homework_id, Homework, read_homework)


declare_certain(Homework.lesson_id, Lesson, DiaryLesson, Homework)
declare_certain(HomeworkAttachment.homework_id, Homework)
