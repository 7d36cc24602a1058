"""Subscriptions: streams of events."""

import inspect
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from auth.rights import Right
from gql.bridge import node, resolved
from gql.bridge.arguments import annotations_of, arguments_of, parse_arguments
from gql.bridge.nodes import Info, requires
from gql.docs import join_sentences, read_doc
from models.base import OfSchool
from models.communication.mail import MailMessage
from models.communication.notices import Notice
from models.events import EventKind
from resolvers.events import listening, streams
from resolvers.services.events.tail import MissedReason


@node(listening.EventsMissed)
class EventsMissed:
    reason: MissedReason
    cursor: str


@node(streams.NoticeEvent)
class NoticeEvent:
    cursor: str
    occurred_at: datetime
    kind: EventKind
    notice_id: strawberry.ID
    notice: Notice | None


@node(streams.MailEvent)
class MailEvent:
    cursor: str
    occurred_at: datetime
    kind: EventKind
    message_id: strawberry.ID
    message: MailMessage | None


@node(streams.JournalEvent)
class JournalEvent:
    cursor: str
    occurred_at: datetime
    kind: EventKind
    student_id: strawberry.ID
    entity_id: strawberry.ID
    node: OfSchool | None


NoticeEvents = Annotated[
    NoticeEvent | EventsMissed,
    strawberry.union("NoticeEvents", description="The events of `noticeEvents`."),
]
MailEvents = Annotated[
    MailEvent | EventsMissed,
    strawberry.union("MailEvents", description="The events of `mailEvents`."),
]
JournalEvents = Annotated[
    JournalEvent | EventsMissed,
    strawberry.union("JournalEvents", description="The events of `journalEvents`."),
]
DELIVERY = (
    "Events come in order, each at least once; one that comes twice has the same `cursor`. Rights"
    " are checked at every event; the stream ends with `UNAUTHENTICATED` or `ACCESS_REVOKED` when"
    " the viewer may no longer hear it."
)


def subscription(use_case: Callable[..., Any], right: Right, events: Any) -> Any:
    """Return the subscription of `use_case(ctx, **arguments)`, which returns a stream."""
    annotations, arguments = annotations_of(use_case), arguments_of(use_case)

    async def resolve(info: Info, **given: Any) -> AsyncIterator[Any]:
        stream = use_case(info.context, **parse_arguments(annotations, given))
        try:
            async for delivery in stream:
                yield delivery
        finally:
            await stream.aclose()

    own = inspect.signature(resolve).parameters["info"]
    resolve.__name__ = use_case.__name__
    resolve.__signature__ = inspect.Signature([own, *arguments])  # type: ignore[attr-defined]
    resolve.__annotations__ = {p.name: p.annotation for p in [own, *arguments]}
    return strawberry.subscription(
        resolve,
        graphql_type=AsyncIterator[events | None],
        description=join_sentences(read_doc(use_case)[0], DELIVERY, f"Needs `{right}`."),
        directives=requires(right),
    )


@strawberry.type
class Query:
    events_cursor = resolved(streams.events_cursor)


@strawberry.type
class Subscription:
    notice_events = subscription(streams.notice_events, Right.NOTICES_READ, NoticeEvents)
    mail_events = subscription(streams.mail_events, Right.MAIL_USE, MailEvents)
    journal_events = subscription(streams.journal_events, Right.STUDENTS_READ, JournalEvents)
