"""The public schema, assembled from the features of all rooms."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import strawberry
from graphql import GraphQLOneOfDirective
from strawberry.schema.config import StrawberryConfig
from strawberry.schema_directives import OneOf
from strawberry.tools import merge_types

from gql.bridge import query
from gql.engine.deliveries import DeliveryExecution
from gql.execution.extension import OperationExtension
from gql.scalars import SCALARS
from gql.whole_schema import Schema
from resolvers.core import nodes


@strawberry.type
class Nodes:
    node = query(nodes.find_node)
    nodes = query(nodes.find_nodes)


ROOMS = (
    "access",
    "school",
    "people",
    "structure",
    "timetable",
    "journal",
    "communication",
    "files",
    "events",
)
"""The rooms in the order of the schema. Each module of a room is a feature."""
FEATURES: tuple[ModuleType, ...] = tuple(
    import_module(f"gql.{room}.{feature.name}")
    for room in ROOMS
    for feature in iter_modules(import_module(f"gql.{room}").__path__)
)
ROOTS = {
    "Query": "All queries (запросы). A field is null if the viewer has no right to it or there is "
    "no value.",
    "Mutation": "All mutations (изменения). Each is one transaction, and its payload has the "
    "reasons if it was refused; those of a document run one after another.",
    "Subscription": "All subscriptions (подписки), over `graphql-transport-ws` at the same "
    "address.",
}


# Linters of clients require a description of every directive.
OneOf.__strawberry_directive__.description = GraphQLOneOfDirective.description  # type: ignore[attr-defined]


def merge_root(name: str, *more: Any) -> Any:
    """Merge `Query`, `Mutation` or `Subscription` of all features."""
    parts = (getattr(feature, name, None) for feature in FEATURES)
    merged = merge_types(name, (*more, *(part for part in parts if part is not None)))
    merged.__strawberry_definition__.description = ROOTS[name]  # type: ignore[attr-defined]
    return merged


def types_of(feature: ModuleType) -> list[Any]:
    """Return the types of a feature. The schema needs them, as some are reached as `Node` only."""
    return [
        shown
        for name, shown in vars(feature).items()
        if hasattr(shown, "__strawberry_definition__")
        and shown.__module__ == feature.__name__
        and name not in ROOTS
    ]


DESCRIPTION = """\
Gorod: the whole life of a school (школа) as one typed API. To begin: `signIn` gives an access
token, sent as `Authorization: Bearer …`; `viewer` says who that is, and its `contexts` in which
roles.

- **Diary and journal** (дневник, журнал): `diary`, `journal`, `setMark`, `setAttendance`,
  `setHomework`, `termMarkSheet`, `classAverages`.
- **Timetable** (расписание): `lessons`, `scheduleLesson`, `moveLesson`, `cancelLesson`,
  `assignSubstitution`.
- **People and classes** (люди, классы): `students`, `guardians`, `staff`, `classes`, `sections`.
- **Messages** (объявления, почта): `notices`, `mailbox`, `sendMail`, and live `noticeEvents`,
  `mailEvents`, `journalEvents`.
- **School and access** (школа, доступ): `school`, `terms`, `accounts`, `roles`, `accessRequests`,
  `auditEvents`, `explainAccess`.

Every object that has an `id` is found again by `node`. Long lists are connections with `first`,
`after`, `filter`, `orderBy`. A field is null without the right to it, and `errors` has `FORBIDDEN`
and the permission that it needs (`@requires`). Each mutation is one transaction; its `userErrors`
say by `code` why it was refused. Dates are ISO 8601, ids and cursors are opaque.
"""

schema = Schema(
    merge_root("Query", Nodes),
    merge_root("Mutation"),
    merge_root("Subscription"),
    types=[shown for feature in FEATURES for shown in types_of(feature)],
    extensions=[OperationExtension],
    execution_context_class=DeliveryExecution,
    config=StrawberryConfig(scalar_map=SCALARS),
).describe(DESCRIPTION.strip())
