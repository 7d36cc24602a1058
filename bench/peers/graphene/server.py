"""Graphene, code first, with aiodataloader; documents are parsed and validated once."""

from functools import lru_cache
from typing import Any

import board
import graphene
import journal as journals
import marks as writing
import orjson
from graphene.utils.str_converters import to_camel_case
from graphql import execute, parse, validate
from serving import loaders_of, serve
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from viewer import viewer_of

R = {"required": True}
Text, Whole, Flag, Id = graphene.String, graphene.Int, graphene.Boolean, graphene.ID


def scalar(name: str) -> Any:
    """What is text on the wire and in SQL alike."""
    same = {"serialize": staticmethod(str), "parse_value": staticmethod(str)}
    return type(name, (graphene.Scalar,), same)


Date, DateTime = scalar("Date"), scalar("DateTime")
Decimal, LocalTime = scalar("Decimal"), scalar("LocalTime")
MarkKind = graphene.Enum("MarkKind", [(n, n) for n in ("NUMERIC", "PASS_FAIL", "DEBT_POINT")])
CODES = ("PRESENT", "EXCUSED", "ILLNESS", "UNEXCUSED", "ABSENT", "LATE", "EXEMPT")
AttendanceCode = graphene.Enum("AttendanceCode", [(name, name) for name in CODES])


def read(_: str, default: Any, parent: Any, info: Any, **given: Any) -> Any:
    """Rows are dicts with the names of the schema."""
    return parent.get(info.field_name)


def typed(name: str, /, **fields: Any) -> Any:
    meta = type("Meta", (), {"default_resolver": read})
    return type(name, (graphene.ObjectType,), {**fields, "Meta": meta})


def each(type_: Any) -> Any:
    return graphene.List(graphene.NonNull(type_), required=True)


def loaded(name: str, key: str) -> Any:
    return lambda parent, info: info.context["loaders"][name].load(parent[key])


def asked(ask: Any) -> Any:
    return lambda parent, info: ask(info.context["viewer"], parent["about"])


School = typed("School", short_name=Text(**R), time_zone=Text(**R))
Subject, Staff = typed("Subject", name=Text(**R)), typed("Staff", short_name=Text(**R))
Room, Homework = typed("Room", number=Text(**R)), typed("Homework", text=Text(**R))
Attendance = typed("AttendanceRecord", code=AttendanceCode(**R))
Assignment = typed("Assignment", id=Id(**R), title=Text(**R), weight=Decimal(**R))
Student = typed("Student", id=Id(**R), full_name=Text(**R))
Mark = typed(
    "Mark", id=Id(**R), value=Whole(), kind=MarkKind(**R), version=Whole(**R),
    assignment=graphene.Field(Assignment), student=graphene.Field(Student),
)  # fmt: skip
DiaryLesson = typed(
    "DiaryLesson",
    starts_at=LocalTime(**R),
    topic=Text(),
    subject=graphene.Field(Subject),
    teacher=graphene.Field(Staff),
    room=graphene.Field(Room),
    homework=graphene.Field(Homework),
    marks=each(Mark),
    resolve_marks=loaded("marks", "place"),
    attendance=graphene.Field(Attendance),
    resolve_attendance=loaded("attendance", "place"),
)
DiaryDay = typed("DiaryDay", date=Date(**R), lessons=each(DiaryLesson))
Diary = typed("Diary", days=each(DiaryDay))
Lesson = typed(
    "Lesson", id=Id(**R), date=Date(**R), topic=Text(),
    assignments=each(Assignment), resolve_assignments=loaded("assignments", "key"),
)  # fmt: skip
JournalCell = typed(
    "JournalCell", student_id=Id(**R), lesson_id=Id(**R), marks=each(Mark),
    attendance=graphene.Field(Attendance),
)  # fmt: skip
Journal = typed(
    "Journal",
    students=each(Student),
    resolve_students=asked(journals.students),
    lessons=each(Lesson),
    resolve_lessons=asked(journals.lessons),
    cells=each(JournalCell),
    resolve_cells=asked(journals.cells),
)
NoticeAttachment = typed(
    "NoticeAttachment", file_name=Text(**R), media_type=Text(**R), size=Whole(**R)
)
Notice = typed(
    "Notice",
    id=Id(**R),
    title=Text(**R),
    body=Text(**R),
    visible_from=DateTime(**R),
    is_pinned=Flag(**R),
    author_name=Text(**R),
    is_read=Flag(**R),
    read_count=Whole(),
    resolve_read_count=loaded("readCounts", "key"),
    attachments=each(NoticeAttachment),
    resolve_attachments=loaded("attachments", "key"),
)
Notices = typed("NoticeConnection", nodes=each(Notice))
MailMessage = typed("MailMessage", subject=Text(**R), sender_name=Text(**R))
MailCopy = typed(
    "MailCopy", id=Id(**R), at=DateTime(**R), read_at=DateTime(),
    message=graphene.Field(MailMessage),
)  # fmt: skip
Mailbox = typed("MailCopyConnection", nodes=each(MailCopy))
UnreadCounts = typed("UnreadCounts", notices=Whole(**R), mail=Whole(**R))
SchoolClass, Term = typed("SchoolClass", name=Text(**R)), typed("Term", name=Text(**R))
SubjectAverage = typed(
    "SubjectAverage", subject=graphene.Field(Subject), weighted_average=Decimal(),
    mark_count=Whole(**R),
)  # fmt: skip
AveragesRow = typed(
    "ClassAveragesRow", student_id=Id(**R), full_name=Text(**R), averages=each(SubjectAverage)
)
Averages = typed(
    "ClassAverages", school_class=graphene.Field(SchoolClass), term=graphene.Field(Term),
    rows=each(AveragesRow),
)  # fmt: skip


class Query(graphene.ObjectType):
    school = graphene.Field(School)
    diary = graphene.Field(Diary, student_id=Id(**R), from_=Date(name="from", **R), to=Date(**R))
    journal = graphene.Field(
        Journal, section_id=Id(**R), from_=Date(name="from", **R), to=Date(**R)
    )
    notices = graphene.Field(Notices, first=Whole(default_value=20))
    mailbox = graphene.Field(Mailbox, first=Whole(default_value=20))
    unread_counts = graphene.Field(UnreadCounts)
    class_averages = graphene.Field(Averages, school_class_id=Id(**R), term_id=Id(**R))

    def resolve_school(self, info: Any) -> Any:
        return board.school(info.context["viewer"])

    def resolve_diary(self, info: Any, **given: Any) -> Any:
        return journals.diary(info.context["viewer"], **given)

    def resolve_journal(self, info: Any, **given: Any) -> Any:
        return journals.journal(info.context["viewer"], **given)

    def resolve_notices(self, info: Any, first: int) -> Any:
        return board.notices(info.context["viewer"], first)

    def resolve_mailbox(self, info: Any, first: int) -> Any:
        return board.mailbox(info.context["viewer"], first)

    def resolve_unread_counts(self, info: Any) -> Any:
        return board.unread_counts(info.context["viewer"])

    def resolve_class_averages(self, info: Any, **given: Any) -> Any:
        return journals.class_averages(info.context["viewer"], **given)


class SetMarkInput(graphene.InputObjectType):
    assignment_id = Id(**R)
    student_id = Id(**R)
    value = Whole()
    kind = MarkKind(default_value="NUMERIC")
    comment = Text()
    reason = Text()
    expected_version = Whole()


UserError = typed("SetMarkUserError", code=Text(**R), message=Text(**R))
Payload = typed("SetMarkPayload", mark=graphene.Field(Mark), user_errors=each(UserError))


class Mutation(graphene.ObjectType):
    set_mark = graphene.Field(Payload, input=SetMarkInput(**R))

    def resolve_set_mark(self, info: Any, input: Any) -> Any:
        camel = {to_camel_case(name): value for name, value in input.items()}
        return writing.set_mark(info.context["viewer"], camel)


schema = graphene.Schema(query=Query, mutation=Mutation)


@lru_cache(maxsize=1000)
def document_of(query: str) -> Any:
    """Raises ValueError for what is not valid."""
    document = parse(query)
    if errors := validate(schema.graphql_schema, document):
        raise ValueError(errors)
    return document


async def answer(request: Request) -> Response:
    asks = await viewer_of(request.headers.get("authorization"))
    asked_for = orjson.loads(await request.body())
    result = execute(
        schema.graphql_schema,
        document_of(asked_for["query"]),
        variable_values=asked_for.get("variables"),
        context_value={"viewer": asks, "loaders": loaders_of(asks)},
    )
    done = result if hasattr(result, "formatted") else await result
    return Response(orjson.dumps(done.formatted), media_type="application/json")


if __name__ == "__main__":
    serve([Route("/graphql", answer, methods=["POST"])])
