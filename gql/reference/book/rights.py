"""The rights of each role, read from the declarations that enforce them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from graphql import GraphQLField, GraphQLNamedType

from auth.matrix import default_rights
from auth.policy import reading
from auth.rights import Right
from gql.answers import Requires
from gql.bridge.nodes import ROWS
from gql.docs import read_doc
from models.access.roles import AccessScope, Role

Scopes = tuple[AccessScope, ...]


def right_of(field: GraphQLField) -> Right | None:
    """Return the right in the directive `@requires`."""
    definition: Any = (field.extensions or {}).get("strawberry-definition")
    for directive in getattr(definition, "directives", ()):
        if isinstance(directive, Requires):
            return Right(directive.permission)
    return None


def right_to_read(type_: GraphQLNamedType) -> Right | None:
    """Return the right to the rows of a type; None if the type shows no row."""
    row = ROWS.get(type_.name)
    return reading.get(row) if row else None


@cache
def holders(right: Right) -> Mapping[AccessScope, tuple[Role, ...]]:
    """Return the roles that hold the right in a new school, by scope."""
    given = [(scope, role) for role, held, scope in default_rights() if held is right]
    return {
        scope: roles
        for scope in AccessScope
        if (roles := tuple(role for reach, role in given if reach is scope))
    }


@cache
def find_rights(role: Role) -> Mapping[Right, Scopes]:
    """Return the rights of a role in a new school, with their scopes from near to far."""
    given = [(right, scope) for holder, right, scope in default_rights() if holder is role]
    return {
        right: tuple(scope for scope in AccessScope if (right, scope) in given)
        for right in Right
        if any(right is one for one, _ in given)
    }


def name_of(role: Role, language: str) -> str:
    """Return the name of a role from its description: `Class teacher` or `Классный
    руководитель`."""
    english, _, russian = read_doc(Role)[1][role.name].rstrip(".").partition(" (")
    return english if language == "en" else (russian[:1].upper() + russian[1:]).rstrip(")")
