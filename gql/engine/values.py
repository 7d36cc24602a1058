"""Arguments: which of them are parameters of SQL, and where the next request has them."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import orjson
import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    coerce_input_value,
    get_argument_values,
)
from sqlalchemy import BindParameter, bindparam
from sqlalchemy.types import TypeEngine
from strawberry.types.arguments import convert_arguments
from strawberry.utils.str_converters import to_camel_case

from auth.actor import Actor
from gql.bridge.arguments import make_parser
from gql.engine.shape import EACH, OR_NULL, Path, Step, Variables
from gql.engine.sql import Unspeakable
from gql.execution.operation import DEFINED, Operation
from models.base import Id
from models.secrets import Secrets
from resolvers.core.parameters import Annotation, sent_as


@dataclass(frozen=True, slots=True)
class Source:
    """Where a request has the value of a parameter.

    type: What it is in Python.
    variable: Its name; None: the document itself says it, and it is `constant`.
    path: Where inside of the variable.
    parse: Reads it as GraphQL does.
    understand: Makes of that the Python value. Like `parse` it raises for what no client should
        send; the standard executor then says what is wrong with it.
    is_nullable: Whether null is a value like others; what is left out is null, too.
    """

    type: Annotation
    variable: str | None
    path: Path
    constant: object
    parse: Callable[[Any], object]
    understand: Callable[[Any], object]
    is_nullable: bool = False

    def value(self, variables: Variables) -> object:
        """The value in Python. Raises ValueError for null where that is written, not sent."""
        if self.variable is None:
            return self.constant
        if self.is_nullable:
            return self.value_or_null(variables)
        found: Any = variables[self.variable]
        for step in self.path:
            found = found[step]
        if (value := self.understand(self.parse(found))) is None:
            raise ValueError
        return value

    def value_or_null(self, variables: Variables) -> object:
        found: Any = variables.get(self.variable or "")
        for step in self.path:
            if found is None:
                return None
            found = found.get(step) if isinstance(found, dict) else found[step]
        return None if found is None else self.understand(self.parse(found))

    def sent(self, actor: Actor, secrets: Secrets, value: Any) -> object:
        """The value as the driver wants it."""
        if value is None:
            return None
        kind = value.__class__
        if kind is Id:
            return value.key if value.school_id == actor.school_id else 0
        if kind is date or (kind is str and self.type is str):
            return value
        return as_sent(sent_as(actor, secrets, self.type, value))


@dataclass
class Arguments:
    """The arguments of an operation's root fields, and the parameters made of them.

    sources: By the names of the parameters.
    leaves: By variables, where in them parameters are found; of lists any member. All else that
        a variable holds decides how the statement is written.
    made: By where its value is from and how it is read, the parameter there is.
    """

    schema: strawberry.Schema
    operation: Operation
    sent: Variables
    sources: dict[str, Source] = field(default_factory=dict)
    leaves: dict[str, set[Path]] = field(default_factory=dict)
    made: dict[Hashable, BindParameter[Any]] = field(default_factory=dict)

    def of(self, definition: GraphQLField, node: FieldNode) -> dict[str, object]:
        """The arguments as a resolver gets them."""
        values = get_argument_values(definition, node, self.operation.variables)
        declared = definition.extensions["strawberry-definition"].arguments
        registry = self.schema.schema_converter.scalar_registry
        found: dict[str, object] = convert_arguments(values, declared, registry, self.schema.config)
        return found

    def parameter(
        self, at: "Place", sql_type: TypeEngine[Any], type: Annotation, value: object,
        understand: Callable[[Any], object],
        *, is_nullable: bool = False,
    ) -> BindParameter[Any]:  # fmt: skip
        """A parameter for what stands at a place of the arguments, now with this value.

        is_nullable: Whether null is a value like others, and what it is if nothing is sent.
        """
        name = f"a{len(self.sources)}"
        variable, path, type_ = at.origin()
        if is_nullable and variable is not None and not self.has_default(variable):
            leaf = tuple(EACH if isinstance(step, int) else step for step in path)
            self.leaves.setdefault(variable, set()).update((leaf, (*leaf, OR_NULL)))
            read = parser(type_)
            self.sources[name] = Source(type, variable, path, None, read, understand, True)
        elif variable is None or not is_sent(self.sent, (variable, *path)):
            self.sources[name] = Source(type, None, (), value, understand, understand, is_nullable)
        else:
            leaf = tuple(EACH if isinstance(step, int) else step for step in path)
            self.leaves.setdefault(variable, set()).add(leaf)
            self.sources[name] = Source(type, variable, path, None, parser(type_), understand)
        return named_parameter(name, sql_type)

    def has_default(self, variable: str) -> bool:
        """Whether the document gives a variable a default value."""
        declared = self.operation.definition.variable_definitions or ()
        return any(
            one.variable.name.value == variable and one.default_value is not None
            for one in declared
        )

    def shared(
        self, at: "Place", sql_type: TypeEngine[Any], type: Annotation, value: object, path: str
    ) -> BindParameter[Any]:
        """The same for a value that is read by its type alone: what was sent for a variable is read
        and sent on once, in however many places it stands."""
        variable, inside, _ = at.origin()
        # Of a variable that was not sent each place may have a default of its own.
        key = (variable, inside, type, sql_type)
        found = self.made.get(key) if variable in self.sent else None
        if found is None:
            found = self.parameter(at, sql_type, type, value, make_parser(type, path))
            self.made[key] = found
        return found


@lru_cache(1000)
def named_parameter(name: str, sql_type: TypeEngine[Any]) -> BindParameter[Any]:
    """Always the same one, so that what is made of it is known again."""
    return bindparam(name, type_=sql_type)


def is_sent(sent: Any, path: Path) -> bool:
    """Whether a value stands there; if not, the default of it is the same for all who send none."""
    for step in path:
        try:
            sent = sent[step]
        except (LookupError, TypeError):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the arguments of a field, e.g. `filter.and.0.date.gte`."""

    definition: GraphQLField
    node: FieldNode
    path: str

    def origin(self) -> tuple[str | None, Path, GraphQLInputType]:
        """The variable it is from and where inside of it, and its GraphQL type."""
        first, *steps = (to_camel_case(step.rstrip("_")) for step in self.path.split("."))
        given = {argument.name.value: argument.value for argument in self.node.arguments or ()}
        literal: ValueNode | None = given.get(first)
        variable, path = named(literal), list[Step]()
        type_ = self.definition.args[first].type
        for step in steps:
            type_, key = part_of(type_, step)
            if variable:
                path.append(key)
            else:
                literal = inside(literal, key)
                variable = named(literal)
        if literal is not None and not variable and holds_variables(literal):
            raise Unspeakable
        return variable, tuple(path), type_


def named(literal: ValueNode | None) -> str | None:
    return literal.name.value if isinstance(literal, VariableNode) else None


def part_of(type_: GraphQLInputType, step: str) -> tuple[GraphQLInputType, Step]:
    """The type of a member of a list, or of a field of an input, and the key to it."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(bare, GraphQLList):
        return bare.of_type, int(step)
    if isinstance(bare, GraphQLInputObjectType):
        return bare.fields[step].type, step
    raise Unspeakable


def inside(literal: ValueNode | None, key: Step) -> ValueNode | None:
    if isinstance(literal, ListValueNode):
        return literal.values[int(key)]
    if isinstance(literal, ObjectValueNode):
        return next((f.value for f in literal.fields if f.name.value == key), None)
    return literal if key == 0 else None  # a single value where a list may stand


def holds_variables(literal: ValueNode) -> bool:
    if isinstance(literal, ListValueNode):
        return any(named(one) or holds_variables(one) for one in literal.values)
    return isinstance(literal, ObjectValueNode)


def parser(type_: GraphQLInputType) -> Callable[[Any], object]:
    """Reads what JSON has for a scalar, an enum or a list of them."""
    if isinstance(type_, GraphQLNonNull):
        return parser(type_.of_type)
    if isinstance(type_, GraphQLList):
        one = parser(type_.of_type)
        return lambda sent: [one(part) for part in sent] if isinstance(sent, list) else [one(sent)]
    if isinstance(type_, GraphQLInputObjectType):
        return lambda sent: input_object(type_, sent)
    return type_.parse_value


def input_object(type_: GraphQLInputObjectType, sent: Any) -> SimpleNamespace:
    """An input object as a resolver gets it. Raises GraphQLError for one that does not fit."""
    names = {n: one.extensions[DEFINED].python_name for n, one in type_.fields.items()}
    found = coerce_input_value(sent, type_)
    return SimpleNamespace(**{names[name]: value for name, value in found.items()})


def as_sent(value: object) -> object:
    """A value as the driver wants it."""
    if isinstance(value, Enum):
        return value.name
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], dict):  # these connections take JSON as text
        return orjson.dumps(value).decode()
    return [as_sent(one) for one in value]
