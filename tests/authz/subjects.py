"""The subjects: the parts of the schema that are asked for on their own.

Each type of rows is asked for by its ids, and each root field that gives something else is a
subject, too. `ABOUT` names the specimens that the arguments of reports refer to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from gql.schema import FEATURES, schema
from models.base import Id, OfSchool
from resolvers.core.shapes import SHAPES
from tests.authz.expanding import (
    CORE,
    NODES,
    ROOTS,
    expand,
    fields_of,
    list_types,
    render_arguments,
)
from tests.specimens.declaring import BOOK, split_names
from tests.specimens.making import id_of

AT_ONCE = 4
"""The number of rows that one operation names. Its statement serves all operations with the same
number."""
PAGE = 100
ROWS = {row.api_name(): row for row in SHAPES if not row.is_view}
ABOUT = {
    "Account": "masha, belova",
    "Lesson": "7A november, 8A november",
    "MailMessage": "belova to masha's, belova in turn, draft",
    "Notice": "to all, klimova, belova, to two",
    "SchoolClass": "7A, 7B, 8A",
    "Section": "algebra 7A, algebra 8A",
    "Student": "masha, pasha, vera, oleg",
    "Term": "winter",
}
"""The specimens that arguments name, by type."""
KINDS = {"messageId": "MailMessage"}
"""The types that arguments identify, if their names do not tell."""
DAYS = {"from": "2026-11-09", "to": "2026-11-24"}


@dataclass(frozen=True)
class Subject:
    """A part of the schema that one operation asks for.

    name: `Student`, or `Query.diary`.
    room: The room in whose file its lines stand.
    """

    name: str
    room: str
    type_: GraphQLObjectType
    document: str
    variables: Sequence[Mapping[str, Any]]

    @property
    def is_row(self) -> bool:
        return self.name in NODES

    def list_objects(self, data: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """Return the objects that one operation has found."""
        [answer] = (data or {"nothing": None}).values()
        found = answer if isinstance(answer, list) else [answer]
        return [one for one in found if one is not None]

    def coordinates(self) -> list[str]:
        """Return all coordinates of the type and of the types below it. The types of a page follow
        the list whose page it is."""
        types = [CORE.type_map[name] for name in sorted(list_types(self.type_) - {"PageInfo"})]
        return [f"{type_.name}.{name}" for type_ in types for name in fields_of(type_)]


def make_global_id(row: type[OfSchool], name: str, school: int = 1) -> str:
    return str(Id(row, school, id_of(row, name, school)))


def list_row_subjects() -> Iterator[Subject]:
    for name, row in ROWS.items():
        type_ = CORE.type_map[name]
        document = (
            f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {expand(type_)} }} }} }}"
        )
        rows = BOOK[row].rows if row in BOOK else ()
        ids = [make_global_id(row, one) for one in rows]
        asked = [{"ids": ids[at : at + AT_ONCE]} for at in range(0, len(ids), AT_ONCE)]
        yield Subject(name, row.__module__.split(".")[1], type_, document, asked)


def list_root_subjects() -> Iterator[Subject]:
    """Yield root fields that give no rows: lists of rows in other objects, and reports."""
    rooms = find_rooms_of_roots()
    for root, field in CORE.query_type.fields.items():
        type_ = get_named_type(field.type)
        if root in ("node", "nodes") or is_leaf_type(type_) or type_.name in NODES:
            continue
        asked = list(list_arguments(field.args))
        declared, passed = render_arguments(root, asked[0])
        document = f"query {declared} {{ {root} {passed} {{ {expand(type_)} }} }}"
        yield Subject(f"Query.{root}", rooms[f"Query.{root}"], type_, document, asked)


def list_arguments(args: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield values for the required arguments: every specimen with every other."""
    choices = [
        [(name, id_) for id_ in list_ids(name)]
        for name, one in args.items()
        if isinstance(one.type, GraphQLNonNull) and get_named_type(one.type).name == "ID"
    ]
    days = DAYS if DAYS.keys() <= args.keys() else {}
    page = {"first": PAGE} if "first" in args else {}
    for chosen in product(*choices):
        yield {**dict(chosen), **days, **page}


def list_ids(argument: str) -> list[str]:
    if argument == "nodeId":
        return [*list_ids("studentId")[:2], list_ids("schoolClassId")[0]]
    name = KINDS.get(argument, argument[0].upper() + argument.removesuffix("Id")[1:])
    row = ROWS[name]
    names = split_names(ABOUT[name]) if name in ABOUT else list(BOOK[row].rows)[:3]
    return [make_global_id(row, one) for one in names]


def find_rooms_of_roots() -> dict[str, str]:
    """Return the room that declares each root field, by coordinate."""
    found = {}
    for root in ROOTS:
        for feature in FEATURES:
            part = getattr(feature, root, None)
            for one in part.__strawberry_definition__.fields if part else ():
                name = schema.config.name_converter.get_graphql_name(one)
                found[f"{root}.{name}"] = feature.__name__.split(".")[1]
    return found


SUBJECTS = {one.name: one for one in (*list_row_subjects(), *list_root_subjects())}
