"""Ariadne, schema first, with aiodataloader; documents are parsed and validated once."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import board
import journal
import marks
from ariadne import MutationType, ObjectType, QueryType, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLHTTPHandler
from graphql import parse, validate
from serving import loaders_of, serve
from starlette.routing import Route
from viewer import viewer_of

TYPES = (Path(__file__).parent.parent / "schema.graphql").read_text()

query, mutation = QueryType(), MutationType()
diary_lesson, journal_type = ObjectType("DiaryLesson"), ObjectType("Journal")
lesson, notice = ObjectType("Lesson"), ObjectType("Notice")


def viewer(info: Any) -> Any:
    return info.context["viewer"]


def loaded(name: str, key: str) -> Any:
    return lambda parent, info: info.context["loaders"][name].load(parent[key])


query.set_field("school", lambda _, info: board.school(viewer(info)))
query.set_field("notices", lambda _, info, first=20: board.notices(viewer(info), first))
query.set_field("mailbox", lambda _, info, first=20: board.mailbox(viewer(info), first))
query.set_field("unreadCounts", lambda _, info: board.unread_counts(viewer(info)))


@query.field("diary")
async def diary(_: Any, info: Any, **given: str) -> Any:
    return await journal.diary(viewer(info), given["studentId"], given["from"], given["to"])


@query.field("journal")
def class_journal(_: Any, info: Any, **given: str) -> Any:
    return journal.journal(viewer(info), given["sectionId"], given["from"], given["to"])


@query.field("classAverages")
async def class_averages(_: Any, info: Any, **given: str) -> Any:
    return await journal.class_averages(viewer(info), given["schoolClassId"], given["termId"])


@mutation.field("setMark")
async def set_mark(_: Any, info: Any, input: dict[str, Any]) -> Any:
    return await marks.set_mark(viewer(info), input)


journal_type.set_field("students", lambda j, info: journal.students(viewer(info), j["about"]))
journal_type.set_field("lessons", lambda j, info: journal.lessons(viewer(info), j["about"]))
journal_type.set_field("cells", lambda j, info: journal.cells(viewer(info), j["about"]))
diary_lesson.set_field("marks", loaded("marks", "place"))
diary_lesson.set_field("attendance", loaded("attendance", "place"))
lesson.set_field("assignments", loaded("assignments", "key"))
notice.set_field("readCount", loaded("readCounts", "key"))
notice.set_field("attachments", loaded("attachments", "key"))

schema = make_executable_schema(
    TYPES,
    query, mutation, diary_lesson, journal_type, lesson, notice,
)  # fmt: skip


async def context(request: Any, _: Any) -> dict[str, Any]:
    asks = await viewer_of(request.headers.get("authorization"))
    return {"viewer": asks, "loaders": loaders_of(asks)}


@lru_cache(maxsize=1000)
def parsed(query: str) -> Any:
    return parse(query)


@lru_cache(maxsize=1000)
def errors_of(document: Any) -> Any:
    return validate(schema, document)


if __name__ == "__main__":
    app = GraphQL(
        schema,
        context_value=context,
        query_parser=lambda _, data: parsed(data["query"]),
        query_validator=lambda _, document, *__, **___: errors_of(document),
        http_handler=GraphQLHTTPHandler(),
    )
    serve([Route("/graphql", app.handle_request, methods=["POST"])])
