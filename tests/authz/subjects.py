"""Everything that can be asked of the schema, in parts that are asked by themselves: each type of
rows by their ids, and each root field that gives something else. `ABOUT` says of which specimens a
report is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from gql.schema import FEATURES, schema
from models.base import Id, OfSchool
from resolvers.core.shapes import SHAPES
from tests.authz.expanding import CORE, NODES, ROOTS, below, expanded, fields_of, given
from tests.specimens.declaring import BOOK, listed
from tests.specimens.making import number

AT_ONCE = 4
"""Rows that one operation names. Its statement grows with their number, and serves all others of
the same number."""
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
"""By type, the specimens that arguments name."""
KINDS = {"messageId": "MailMessage"}
"""What an argument identifies, where its name does not tell."""
DAYS = {"from": "2026-11-09", "to": "2026-11-24"}


@dataclass(frozen=True)
class Subject:
    """What is asked together.

    name: `Student`, or `Query.diary`.
    room: Where its lines stand.
    """

    name: str
    room: str
    type_: GraphQLObjectType
    document: str
    variables: Sequence[Mapping[str, Any]]

    @property
    def is_row(self) -> bool:
        return self.name in NODES

    def objects(self, data: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """What was found by one operation."""
        [answer] = (data or {"nothing": None}).values()
        found = answer if isinstance(answer, list) else [answer]
        return [one for one in found if one is not None]

    def coordinates(self) -> list[str]:
        """All that is asked of the type and of what hangs on it. What tells of a page follows the
        list whose page it is."""
        types = [CORE.type_map[name] for name in sorted(below(self.type_) - {"PageInfo"})]
        return [f"{type_.name}.{name}" for type_ in types for name in fields_of(type_)]


def global_id(row: type[OfSchool], name: str, school: int = 1) -> str:
    return str(Id(row, school, number(row, name, school)))


def of_rows() -> Iterator[Subject]:
    for name, row in ROWS.items():
        type_ = CORE.type_map[name]
        document = (
            f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ "
            f"... on {name} {{ {expanded(type_)} }} }} }}"
        )
        rows = BOOK[row].rows if row in BOOK else ()
        ids = [global_id(row, one) for one in rows]
        asked = [{"ids": ids[at : at + AT_ONCE]} for at in range(0, len(ids), AT_ONCE)]
        yield Subject(name, row.__module__.split(".")[1], type_, document, asked)


def of_roots() -> Iterator[Subject]:
    """Root fields that give no rows but what holds them, and reports."""
    rooms = rooms_of_roots()
    for root, field in CORE.query_type.fields.items():
        type_ = get_named_type(field.type)
        if root in ("node", "nodes") or is_leaf_type(type_) or type_.name in NODES:
            continue
        asked = list(arguments_of(field.args))
        declared, passed = given(root, asked[0])
        document = f"query {declared} {{ {root} {passed} {{ {expanded(type_)} }} }}"
        yield Subject(f"Query.{root}", rooms[f"Query.{root}"], type_, document, asked)


def arguments_of(args: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Values for the arguments that must be given: every specimen with every other."""
    choices = [
        [(name, id_) for id_ in ids_of(name)]
        for name, one in args.items()
        if isinstance(one.type, GraphQLNonNull) and get_named_type(one.type).name == "ID"
    ]
    days = DAYS if DAYS.keys() <= args.keys() else {}
    page = {"first": PAGE} if "first" in args else {}
    for chosen in product(*choices):
        yield {**dict(chosen), **days, **page}


def ids_of(argument: str) -> list[str]:
    if argument == "nodeId":
        return [*ids_of("studentId")[:2], ids_of("schoolClassId")[0]]
    name = KINDS.get(argument, argument[0].upper() + argument.removesuffix("Id")[1:])
    row = ROWS[name]
    names = listed(ABOUT[name]) if name in ABOUT else list(BOOK[row].rows)[:3]
    return [global_id(row, one) for one in names]


def rooms_of_roots() -> dict[str, str]:
    """By coordinate of a root field, the room that declares it."""
    found = {}
    for root in ROOTS:
        for feature in FEATURES:
            part = getattr(feature, root, None)
            for one in part.__strawberry_definition__.fields if part else ():
                name = schema.config.name_converter.get_graphql_name(one)
                found[f"{root}.{name}"] = feature.__name__.split(".")[1]
    return found


SUBJECTS = {one.name: one for one in (*of_rows(), *of_roots())}
