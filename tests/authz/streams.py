"""The events of the specimens that each role receives, as they are authorised at delivery."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType

from models.base import OfSchool
from models.communication.mail import MailMessage
from models.communication.notices import Notice
from models.events import EventKind, Topic
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.journal.term_marks import TermMark
from models.people.persons import Person
from models.people.students import Student
from models.problems import Forbidden
from models.timetable.homework import Homework
from resolvers.core.context import Services
from resolvers.events.hearing import Allowed, Question, SchoolDatabase, StreamSpec, authorise
from resolvers.events.streams import BOARD, JOURNAL, MAILBOX
from resolvers.services.events.entries import Entry
from tests.authz.everybody import EVERYBODY
from tests.authz.expanding import CORE, fields_of
from tests.authz.matrix import Found
from tests.authz.subjects import ABOUT, make_global_id
from tests.specimens.declaring import BOOK, split_names
from tests.specimens.making import id_of
from tests.specimens.stories import NOW


@dataclass(frozen=True)
class Stream:
    """A subscription, and the events that happened.

    happened: By topic and kind of event, the type of the rows.
    is_about_students: Whether a viewer subscribes to the journal of a student.
    """

    spec: StreamSpec
    type_: GraphQLObjectType
    topic: Topic
    happened: dict[EventKind, type[OfSchool]]
    is_about_students: bool = False

    @property
    def name(self) -> str:
        return self.spec.coordinate

    def coordinates(self) -> list[str]:
        return [f"{self.type_.name}.{name}" for name in fields_of(self.type_)]

    def list_questions(self) -> Iterator[tuple[Any, Question]]:
        """Yield the question of everybody for every event."""
        students = split_names(ABOUT["Student"]) if self.is_about_students else ()
        whose = [id_of(Student, name) for name in students] or [0]
        entries = list(self.list_entries())
        for person in EVERYBODY:
            for student in whose:
                for entry in entries:
                    yield person, Question(person.token, self.spec, student, entry)

    def list_entries(self) -> Iterator[Entry]:
        persons = tuple(id_of(Person, name) for name in BOOK[Person].rows)
        for kind, row in self.happened.items():
            for place, name in enumerate(BOOK[row].rows, start=1):
                entity = make_global_id(row, name)
                yield Entry(1, place, self.topic, kind, entity, NOW, None, persons)

    async def find_heard(self, services: Services) -> Found:
        found, asked = Found(), list(self.list_questions())
        court = SchoolDatabase(services.engine, 1, services.now)
        answers = await authorise(court, [question for _, question in asked])
        for (person, question), answer in zip(asked, answers, strict=True):
            if isinstance(answer, Allowed):
                told = self.render_event(answer.event)
                at = f"{question.whose} {question.entry.entity if question.entry else ''}"
                found.note(person.role, self.type_, told, at)
            elif isinstance(answer.first, Forbidden):
                for coordinate in self.coordinates():
                    found.denied[coordinate].add(person.role)
        return found

    def render_event(self, event: Any) -> dict[str, Any]:
        """Return an event as GraphQL has it, or nulls if there is none."""
        names = list(fields_of(self.type_))
        return {
            name: getattr(event, convert_to_snake_case(name)) if event else None for name in names
        }


def convert_to_snake_case(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


NOTICED = (EventKind.NOTICE_PUBLISHED, EventKind.NOTICE_EDITED, EventKind.NOTICE_WITHDRAWN)
JOURNALED: dict[EventKind, type[OfSchool]] = {
    EventKind.MARK_SET: Mark,
    EventKind.MARK_WITHDRAWN: Assignment,
    EventKind.ATTENDANCE_SET: AttendanceRecord,
    EventKind.HOMEWORK_SET: Homework,
    EventKind.TERM_MARK_SET: TermMark,
}
STREAMS: Sequence[Stream] = (
    Stream(BOARD, CORE.type_map["NoticeEvent"], Topic.NOTICES, dict.fromkeys(NOTICED, Notice)),
    Stream(MAILBOX, CORE.type_map["MailEvent"], Topic.MAIL, {EventKind.MAIL_RECEIVED: MailMessage}),
    Stream(
        JOURNAL, CORE.type_map["JournalEvent"], Topic.JOURNAL, JOURNALED, is_about_students=True
    ),
)
