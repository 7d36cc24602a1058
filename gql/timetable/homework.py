"""Homework."""

import datetime

import strawberry

from gql.answers import Node
from gql.bridge import keyed, many, mutation, node, one, via
from models.files.files import File
from models.structure.sections import Section
from models.timetable import homework as rows
from resolvers.files import files
from resolvers.timetable import homework


@node(rows.Homework)
class Homework(Node):
    text: str
    due_on: datetime.date | None
    version: int
    subject = one(rows.Homework.section_id, Section.subject_id)
    lesson = one(rows.Homework.lesson_id, description="The lesson it was set in.")
    due_lesson = one(
        rows.Homework.due_lesson_id,
        description="The lesson it is due in; null if a day was named, or no lesson follows yet.",
    )
    attachments = many(
        rows.HomeworkAttachment.homework_id,
        order=(rows.HomeworkAttachment.position,),
        description="Files that belong to it.",
    )


@node(rows.HomeworkAttachment)
class HomeworkAttachment(Node):
    file_name = via(rows.HomeworkAttachment.file_id, File.name)
    media_type = via(rows.HomeworkAttachment.file_id, File.media_type)
    size = via(rows.HomeworkAttachment.file_id, File.size)
    url = keyed(files.download_url, "id")


@strawberry.type
class Mutation:
    set_homework = mutation(homework.set_homework)
