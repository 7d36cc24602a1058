"""Arguments: the parameters of SQL that are made of them, and where a request has their values."""

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
from gql.engine.sql import NotCompilable
from gql.execution.operation import DEFINED, Operation
from models.base import Id
from models.secrets import Secrets
from resolvers.core.parameters import Annotation, sent_as


@dataclass(frozen=True, slots=True)
class Source:
    """The place where a request has the value of a parameter.

    type: The Python type.
    variable: The name of the variable; None if the document has the value, which is `constant`.
    path: The place inside of the variable.
    parse: Parses the JSON value as GraphQL does.
    understand: Parses the result to the Python value. Like `parse` it raises an exception for an
        invalid value; then the standard executor reports the error.
    is_nullable: Whether null is a value, too; a value that is left out is null.
    """

    type: Annotation
    variable: str | None
    path: Path
    constant: object
    parse: Callable[[Any], object]
    understand: Callable[[Any], object]
    is_nullable: bool = False

    def value(self, variables: Variables) -> object:
        """Return the Python value. Raises ValueError for null, if the statement has no parameter
        for it."""
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

    def to_driver(self, actor: Actor, secrets: Secrets, value: Any) -> object:
        """Return the value as the driver takes it."""
        if value is None:
            return None
        kind = value.__class__
        if kind is Id:
            return value.key if value.school_id == actor.school_id else 0
        if kind is date or (kind is str and self.type is str):
            return value
        return encode_for_driver(sent_as(actor, secrets, self.type, value))


@dataclass
class Arguments:
    """The arguments of an operation's root fields, and the parameters made of them.

    sources: The sources of the parameters, by their names.
    leaves: The places of parameters, by variables. The text of the statement may depend on all else
        that a variable holds.
    made: The parameters, by the place of the value and the type by which it is parsed.
    """

    schema: strawberry.Schema
    operation: Operation
    sent: Variables
    sources: dict[str, Source] = field(default_factory=dict)
    leaves: dict[str, set[Path]] = field(default_factory=dict)
    made: dict[Hashable, BindParameter[Any]] = field(default_factory=dict)

    def convert(self, definition: GraphQLField, node: FieldNode) -> dict[str, object]:
        """Return the arguments of a field as a resolver gets them."""
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
        """Make a parameter for the value at a place of the arguments.

        value: The value in this request.
        is_nullable: Whether null is a value, too, and the default.
        """
        name = f"a{len(self.sources)}"
        variable, path, type_ = at.origin()
        if is_nullable and variable is not None and not self.has_default(variable):
            leaf = tuple(EACH if isinstance(step, int) else step for step in path)
            self.leaves.setdefault(variable, set()).update((leaf, (*leaf, OR_NULL)))
            read = make_json_parser(type_)
            self.sources[name] = Source(type, variable, path, None, read, understand, True)
        elif variable is None or not is_sent(self.sent, (variable, *path)):
            self.sources[name] = Source(type, None, (), value, understand, understand, is_nullable)
        else:
            leaf = tuple(EACH if isinstance(step, int) else step for step in path)
            self.leaves.setdefault(variable, set()).add(leaf)
            self.sources[name] = Source(
                type, variable, path, None, make_json_parser(type_), understand
            )
        return named_parameter(name, sql_type)

    def has_default(self, variable: str) -> bool:
        """Whether the document declares a default value of a variable."""
        declared = self.operation.definition.variable_definitions or ()
        return any(
            one.variable.name.value == variable and one.default_value is not None
            for one in declared
        )

    def shared_parameter(
        self, at: "Place", sql_type: TypeEngine[Any], type: Annotation, value: object, path: str
    ) -> BindParameter[Any]:
        """Return the parameter of a value that is parsed by its type alone. A variable that stands
        in several places has one parameter, so that its value is parsed and sent once."""
        variable, inside, _ = at.origin()
        # If a variable is not sent, each place may have a default of its own.
        key = (variable, inside, type, sql_type)
        found = self.made.get(key) if variable in self.sent else None
        if found is None:
            found = self.parameter(at, sql_type, type, value, make_parser(type, path))
            self.made[key] = found
        return found


@lru_cache(1000)
def named_parameter(name: str, sql_type: TypeEngine[Any]) -> BindParameter[Any]:
    """Return the same object for the same name and type, so that cached SQL is found again."""
    return bindparam(name, type_=sql_type)


def is_sent(sent: Any, path: Path) -> bool:
    """Whether the variables have a value at a path. If not, its default is part of the plan."""
    for step in path:
        try:
            sent = sent[step]
        except (LookupError, TypeError):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the arguments of a field, such as `filter.and.0.date.gte`."""

    definition: GraphQLField
    node: FieldNode
    path: str

    def origin(self) -> tuple[str | None, Path, GraphQLInputType]:
        """Return the variable that the value comes from, the place in it, and its GraphQL type."""
        first, *steps = (to_camel_case(step.rstrip("_")) for step in self.path.split("."))
        given = {argument.name.value: argument.value for argument in self.node.arguments or ()}
        literal: ValueNode | None = given.get(first)
        variable, path = variable_of(literal), list[Step]()
        type_ = self.definition.args[first].type
        for step in steps:
            type_, key = part_of(type_, step)
            if variable:
                path.append(key)
            else:
                literal = literal_inside(literal, key)
                variable = variable_of(literal)
        if literal is not None and not variable and holds_variables(literal):
            raise NotCompilable
        return variable, tuple(path), type_


def variable_of(literal: ValueNode | None) -> str | None:
    return literal.name.value if isinstance(literal, VariableNode) else None


def part_of(type_: GraphQLInputType, step: str) -> tuple[GraphQLInputType, Step]:
    """Return the type of a member of a list, or of a field of an input object, and its key."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(bare, GraphQLList):
        return bare.of_type, int(step)
    if isinstance(bare, GraphQLInputObjectType):
        return bare.fields[step].type, step
    raise NotCompilable


def literal_inside(literal: ValueNode | None, key: Step) -> ValueNode | None:
    if isinstance(literal, ListValueNode):
        return literal.values[int(key)]
    if isinstance(literal, ObjectValueNode):
        return next((f.value for f in literal.fields if f.name.value == key), None)
    return literal if key == 0 else None  # a single value where a list may stand


def holds_variables(literal: ValueNode) -> bool:
    if isinstance(literal, ListValueNode):
        return any(variable_of(one) or holds_variables(one) for one in literal.values)
    return isinstance(literal, ObjectValueNode)


def make_json_parser(type_: GraphQLInputType) -> Callable[[Any], object]:
    """Return the parser of JSON values of an input type."""
    if isinstance(type_, GraphQLNonNull):
        return make_json_parser(type_.of_type)
    if isinstance(type_, GraphQLList):
        one = make_json_parser(type_.of_type)
        return lambda sent: [one(part) for part in sent] if isinstance(sent, list) else [one(sent)]
    if isinstance(type_, GraphQLInputObjectType):
        return lambda sent: input_object(type_, sent)
    return type_.parse_value


def input_object(type_: GraphQLInputObjectType, sent: Any) -> SimpleNamespace:
    """Return an input object as a resolver gets it. Raises GraphQLError for an invalid one."""
    names = {n: one.extensions[DEFINED].python_name for n, one in type_.fields.items()}
    found = coerce_input_value(sent, type_)
    return SimpleNamespace(**{names[name]: value for name, value in found.items()})


def encode_for_driver(value: object) -> object:
    """Return a value as the driver takes it."""
    if isinstance(value, Enum):
        return value.name
    if not isinstance(value, list):
        return value
    if value and isinstance(value[0], dict):  # these connections take JSON as text
        return orjson.dumps(value).decode()
    return [encode_for_driver(one) for one in value]
