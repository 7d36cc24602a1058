"""Queries and mutations of a program: a child's week, pages of notices, marks."""

from collections.abc import AsyncIterator
from typing import Any

from gql import GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError

from gorod import codes

DIARY = """
query Diary($studentId: ID!, $from: Date) {
  diary(studentId: $studentId, from: $from) {
    days { date lessons { startsAt subject { name } marks { id value version } } }
  }
}
"""
NOTICES = """
query Notices($first: Int!, $after: String) {
  notices(first: $first, after: $after) {
    nodes { id title } pageInfo { hasNextPage endCursor }
  }
}
"""
SET_MARK = """
mutation SetMark($input: SetMarkInput!) {
  setMark(input: $input) {
    mark { id value version } userErrors { code field message }
  }
}
"""
CARD = """
query Card($studentId: ID!) {
  student(by: { id: $studentId }) { fullName identity { snilsMasked snils } }
}
"""
JOURNAL_EVENTS = """
subscription JournalEvents($studentId: ID!, $after: String) {
  journalEvents(studentId: $studentId, after: $after) {
    __typename
    ... on JournalEvent { cursor kind node { ... on Mark { id value version } } }
    ... on EventsMissed { cursor reason }
  }
}
"""


class MarkConflictError(Exception):
    """Somebody else changed the mark. mark: As it is now."""

    def __init__(self, mark: dict[str, Any], message: str) -> None:
        super().__init__(message)
        self.mark = mark


async def read_week(
    session: AsyncClientSession, student_id: str, begins: str | None = None
) -> list[dict[str, Any]]:
    """The days of the week that begins with a date; else of this week."""
    variables = {"studentId": student_id, "from": begins}
    data = await session.execute(GraphQLRequest(DIARY, variable_values=variables))
    days: list[dict[str, Any]] = data["diary"]["days"]
    return days


async def read_notices(
    session: AsyncClientSession, first: int = 20
) -> AsyncIterator[dict[str, Any]]:
    """All of them, page by page."""
    after, more = None, True
    while more:
        variables = {"first": first, "after": after}
        data = await session.execute(GraphQLRequest(NOTICES, variable_values=variables))
        page = data["notices"]
        for notice in page["nodes"]:
            yield notice
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


async def change_mark(
    session: AsyncClientSession, shown: dict[str, Any], cell: dict[str, str], value: int
) -> dict[str, Any]:
    """The mark as it is then. cell: Its `assignmentId` and `studentId`. Raises MarkConflictError,
    ValueError."""
    variables = {"input": {**cell, "value": value, "expectedVersion": shown["version"]}}
    data = await session.execute(GraphQLRequest(SET_MARK, variable_values=variables))
    payload: dict[str, Any] = data["setMark"]
    for error in payload["userErrors"]:
        if error["code"] == "CONFLICT":
            raise MarkConflictError(payload["mark"], error["message"])
        raise ValueError(error["message"])
    mark: dict[str, Any] = payload["mark"]
    return mark


async def read_card(session: AsyncClientSession, student_id: str) -> dict[str, Any]:
    """A student. Fields that the person may not see are None."""
    request = GraphQLRequest(CARD, variable_values={"studentId": student_id})
    try:
        data = await session.execute(request)
    except TransportQueryError as refused:
        if set(codes(refused.errors)) != {"FORBIDDEN"} or not refused.data:
            raise
        data = refused.data
    card: dict[str, Any] = data["student"]
    return card
