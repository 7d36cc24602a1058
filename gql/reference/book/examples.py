"""The operations of the repository's examples, with the fields that each uses."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    print_ast,
    visit,
)

TOP = Path(__file__).parents[3]
FOLDERS = (TOP / "examples", TOP / "examples" / "begin", TOP / "gql" / "graphiql" / "examples")
"""An installed package has the last one only."""


@dataclass(frozen=True)
class Example:
    """A named operation.

    uses: Coordinates of its fields, `Mark.value`.
    """

    name: str
    text: str
    uses: frozenset[str]


class Uses(Visitor):
    """A visitor that collects the coordinates of all fields."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types, self.found = types, set[str]()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if parent := self.types.get_parent_type():
            self.found.add(f"{parent.name}.{node.name.value}")


def examples_of(schema: GraphQLSchema) -> list[Example]:
    """Return the named operations; of two with one name, the first."""
    found: dict[str, Example] = {}
    for text in read_texts():
        for part in parse(text).definitions:
            if isinstance(part, OperationDefinitionNode) and part.name:
                types = TypeInfo(schema)
                uses = Uses(types)
                visit(part, TypeInfoVisitor(types, uses))
                made = Example(part.name.value, print_ast(part), frozenset(uses.found))
                found.setdefault(made.name, made)
    return list(found.values())


def read_texts() -> Iterator[str]:
    for folder in FOLDERS:
        for file in sorted(folder.glob("*.graphql")):
            yield file.read_text(encoding="utf-8")
