"""Mutations of several commands: each command is an operation of its own, and they run one after
another (GraphQL, 6.2.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLFormattedError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)

from gql.engine.answer import Answer, join_body
from gql.engine.plan import MIXED
from gql.engine.use_cases import command_of

HEAD, TAIL = b'{"data":{', b"}}"
"""The beginning and the end of an answer without errors."""


def split_commands(
    schema: GraphQLSchema,
    definition: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> list[OperationDefinitionNode]:
    """Return an operation for each command of a mutation. Return none if a root field is no command
    that needs a right, stands in a fragment, or has the response key of another."""
    selections, found = definition.selection_set.selections, dict[str, OperationDefinitionNode]()
    for one in selections:
        if not isinstance(one, FieldNode) or (one.directives and len(selections) > 1):
            return []
        if command_of(schema.mutation_type.fields.get(one.name.value)) is None:  # type: ignore[union-attr]
            return []
        key = one.alias.value if one.alias else one.name.value
        found[key] = select_alone(definition, one, fragments)
    if len(found) != len(selections):
        return []
    return [definition] if len(found) == 1 else list(found.values())


def select_alone(
    definition: OperationDefinitionNode,
    field: FieldNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> OperationDefinitionNode:
    """Return the operation with this root field alone, and the variables that it uses. A variable
    that it does not use would make a new plan for each of its values."""
    names = find_variables(field, fragments)
    declared = definition.variable_definitions or ()
    return replace(
        definition,
        variable_definitions=tuple(d for d in declared if d.variable.name.value in names),
        selection_set=SelectionSetNode(selections=(field,)),
    )


def find_variables(node: Node, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """Find the names of the variables in a node and in the fragments that it spreads."""
    collector = VariableCollector()
    visit(node, collector)
    done = set[str]()
    while missing := collector.spread - done:
        for name in missing:
            visit(fragments[name], collector)
        done |= missing
    return collector.names


class VariableCollector(Visitor):
    """Collects the names of variables and of spread fragments."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.spread = set[str](), set[str]()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        self.spread.add(node.name.value)


def join_answers(answers: Sequence[Answer]) -> Answer:
    """Join the answers of the commands to that of the mutation, in their order."""
    kinds = {one.kind for one in answers}
    seconds = [one.retry_after for one in answers if one.retry_after is not None]
    codes = (one.code for one in answers if one.code is not None)
    return Answer(
        join_bodies([one.body for one in answers]),
        kinds.pop() if len(kinds) == 1 else MIXED,
        max(seconds, default=None),
        code=next(codes, None),
    )


def join_bodies(bodies: Sequence[bytes]) -> bytes:
    """Join the members of `data`, which are parsed only where there are errors, and the errors."""
    members, errors = list[bytes](), list[GraphQLFormattedError]()
    for body in bodies:
        if b'"errors":' in body:
            parsed = orjson.loads(body)
            errors += parsed.get("errors", ())
            members.append(orjson.dumps(parsed["data"])[1:-1])
        else:
            members.append(body[len(HEAD) : -len(TAIL)])
    return join_body([b",".join(members)], errors)
