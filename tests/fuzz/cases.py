"""Operations that schemathesis generates from `schema.graphql`, one root field each.

Random values alone do not get far: nothing has the id they name, and `first: -37` is refused at
once. So placeholders of the strategies are replaced with ids of the demo school, and some of the
integers with small ones. Half of the operations carry their arguments as variables, because these
take a different way through the server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import schemathesis
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInterfaceType,
    GraphQLSchema,
    GraphQLUnionType,
    IntValueNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    parse_type,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.graphql import nodes

SDL = Path(__file__).parents[2] / "schema.graphql"
PLACE = "placeholder:"
"""The beginning of a value that is replaced by the id of an object of the demo school."""
IDS = 40
"""Ids begin at 1 in each school; there are at least so many students, lessons and marks."""
SMALL = 25


def register_scalars() -> None:
    """Register strategies for the scalars of our schema."""
    texts = st.text(max_size=20)
    real_ids = st.integers(1, IDS).map(lambda number: f"{PLACE}{number}")
    odd_ids = st.sampled_from(
        ["", "Student", "Student:1-", "Student:9-1", "Mark:1-99999999999999999999"]
    )
    days = st.dates(date(2026, 9, 1), date(2027, 5, 31)).map(str)
    numbers = st.decimals(allow_nan=False, allow_infinity=False).map(str)
    for name, values in {
        "ID": real_ids | real_ids | real_ids | odd_ids | texts,
        "Date": days | days | st.dates().map(str) | texts,
        "DateTime": st.datetimes().map(lambda at: f"{at.isoformat()}Z") | texts,
        "LocalTime": st.times().map(str) | texts,
        "Decimal": numbers | st.integers(0, 6).map(str) | texts,
        "UUID": st.uuids().map(str) | texts,
    }.items():
        schemathesis.graphql.scalar(name, values.map(nodes.String))


@dataclass(frozen=True)
class Case:
    """An operation to send.

    field: The coordinate of its root field, `Query.school`.
    """

    field: str
    document: str
    variables: dict[str, Any]
    is_negative: bool


@dataclass
class Cases:
    """All operations that can be generated from the schema.

    at_a_time: How many operations of a root field are generated in one go.
    core: The schema as graphql-core has it, made from introspection.
    fields: Coordinates of its root fields, those of queries first.
    """

    at_a_time: int = 10

    def __post_init__(self) -> None:
        register_scalars()
        self.made = schemathesis.graphql.from_path(SDL)
        self.core: GraphQLSchema = self.made.client_schema
        operations: Any = [found.ok() for found in self.made.get_all_operations()]  # type: ignore[union-attr]
        self.operations = {one.label: one for one in operations}
        self.fields = list(self.operations)

    def __iter__(self) -> Iterator[Case]:
        """Yield cases without end, each root field in turn; the same ones in every run."""
        turn = 0
        while True:
            made = [self.make_cases(field, turn) for field in self.fields]
            for together in range(max(map(len, made))):
                yield from (cases[together] for cases in made if together < len(cases))
            turn += 1

    def make_cases(self, field: str, turn: int) -> list[Case]:
        """Return some cases of a root field; every fourth turn they break one rule of the
        schema."""
        is_fourth = (self.fields.index(field) + turn) % 4 == 3
        mode = GenerationMode.NEGATIVE if is_fourth else GenerationMode.POSITIVE
        bodies: list[tuple[str, bool]] = []

        @seed(turn)
        @settings(
            max_examples=self.at_a_time + 1,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.operations[field].as_strategy(generation_mode=mode))
        def note(case: Any) -> None:
            bodies.append((case.body, case.meta.generation.mode.is_negative))

        note()
        # Hypothesis begins with the simplest case, which is the same one each time.
        kept = bodies[1:] or bodies
        return [self.finish(field, body, bad, number) for number, (body, bad) in enumerate(kept)]

    def finish(self, field: str, body: str, is_negative: bool, number: int) -> Case:
        if is_negative:
            return Case(field, body, {}, is_negative)
        info, variables = TypeInfo(self.core), dict[str, Any]()
        document = visit(
            parse(body), TypeInfoVisitor(info, PlaceholderFiller(self.core, info, number))
        )
        if number % 2:
            document, variables = lift_arguments(self.core, document)
        return Case(field, print_ast(document), variables, is_negative)


class PlaceholderFiller(Visitor):
    """Replaces placeholders, and asks for `__typename` where the type is not certain."""

    def __init__(self, core: GraphQLSchema, info: TypeInfo, number: int) -> None:
        super().__init__()
        self.core, self.info, self.number = core, info, number
        node = core.type_map["Node"]
        assert isinstance(node, GraphQLInterfaceType)
        self.entities = sorted(type_.name for type_ in core.get_possible_types(node))
        self.names: list[str] = []

    def enter_argument(self, node: Any, *_: Any) -> Any:
        """Drop most arguments that would be refused: every argument is generated, null if it may
        be, but paging both ways at once is an error, and no random cursor is valid."""
        name = node.name.value
        way = "last" if self.number % 2 else "first"
        if (name in ("after", "before") and self.number % 5) or name == way:
            return self.REMOVE
        return self.enter_object_field(node)

    def enter_object_field(self, node: Any, *_: Any) -> None:
        self.names.append(node.name.value)

    def leave_object_field(self, *_: Any) -> None:
        self.names.pop()

    leave_argument = leave_object_field

    def enter_string_value(self, node: StringValueNode, *_: Any) -> Node | None:
        if not node.value.startswith(PLACE):
            return None
        number = node.value.removeprefix(PLACE)
        return StringValueNode(value=f"{self.find_entity(int(number))}:1-{number}")

    def find_entity(self, number: int) -> str:
        """Return the type that an argument such as `studentId` or `studentIds` refers to."""
        name = self.names[-1] if self.names else ""
        wanted = name.removesuffix("s").removesuffix("Id").lower()
        found = [one for one in self.entities if one.lower() == wanted]
        found = found or [one for one in self.entities if wanted and one.lower().endswith(wanted)]
        parent = self.info.get_parent_type()
        field = self.info.get_field_def()
        if not found and name == "id" and parent and field:
            found = [one for one in self.entities if one == get_named_type(field.type).name]
        return found[0] if found else self.entities[number % len(self.entities)]

    def enter_int_value(self, node: IntValueNode, *_: Any) -> Node | None:
        value = int(node.value)
        return IntValueNode(value=str(1 + abs(value) % SMALL)) if self.number % 4 else None

    def leave_field(self, node: FieldNode, *_: Any) -> Any:
        field, inner = self.info.get_field_def(), node.selection_set
        type_ = get_named_type(field.type) if field else None
        if inner is None or not isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return None
        known = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
        return replace(node, selection_set=SelectionSetNode(selections=(known, *inner.selections)))


def lift_arguments(
    core: GraphQLSchema, document: DocumentNode
) -> tuple[DocumentNode, dict[str, Any]]:
    """Return the operation with the arguments of its root fields as variables."""
    variables: dict[str, Any] = {}
    defined: list[VariableDefinitionNode] = []
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    root = core.get_root_type(operation.operation)
    assert root
    selections = []
    for field in operation.selection_set.selections:
        if not isinstance(field, FieldNode) or field.name.value not in root.fields:
            selections.append(field)
            continue
        arguments = []
        for one in field.arguments or ():
            if one.name.value not in root.fields[field.name.value].args:
                arguments.append(one)
                continue
            type_ = root.fields[field.name.value].args[one.name.value].type
            name = f"v{len(defined)}"
            variable = VariableNode(name=NameNode(value=name))
            variables[name] = value_from_ast_untyped(one.value)
            defined.append(
                VariableDefinitionNode(
                    variable=variable,
                    type=parse_type(str(type_)),
                    default_value=None,
                    directives=(),
                )
            )
            arguments.append(replace(one, value=variable))
        selections.append(replace(field, arguments=tuple(arguments)))
    changed = replace(
        operation,
        variable_definitions=tuple(defined),
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )
    return DocumentNode(definitions=(changed,)), variables


def replace(node: Any, **values: Any) -> Any:
    """Return a copy of a node with other values."""
    return type(node)(**{key: getattr(node, key, None) for key in node.keys} | values)
