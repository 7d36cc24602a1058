"""What happens, as it happens."""

import inspect
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from auth.rights import Right
from gql.bridge import node, resolved
from gql.bridge.arguments import arguments_of, ids_among, received
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
    strawberry.union("NoticeEvents", description="What `noticeEvents` tells."),
]
MailEvents = Annotated[
    MailEvent | EventsMissed,
    strawberry.union("MailEvents", description="What `mailEvents` tells."),
]
JournalEvents = Annotated[
    JournalEvent | EventsMissed,
    strawberry.union("JournalEvents", description="What `journalEvents` tells."),
]
MANNERS = (
    "In order, each at least once: `cursor` tells one that comes twice. Judged anew at every event;"
    " ends with `UNAUTHENTICATED` or `ACCESS_REVOKED` when it is no longer the viewer's to hear."
)


def subscription(use_case: Callable[..., Any], right: Right, told: Any) -> Any:
    """A root field that goes on: `use_case(ctx, **arguments)` gives its stream."""
    annotations, arguments = ids_among(use_case), arguments_of(use_case)

    async def resolve(info: Info, **given: Any) -> AsyncIterator[Any]:
        stream = use_case(info.context, **received(annotations, given))
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
        graphql_type=AsyncIterator[told | None],
        description=join_sentences(read_doc(use_case)[0], MANNERS, f"Needs `{right}`."),
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
