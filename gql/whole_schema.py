"""Strawberry's schema with our additions."""

from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType
from strawberry.schema_directives import OneOf
from strawberry.types import ExecutionContext

from gql.bridge.nodes import fill_in_scopes
from gql.errors import add_code, find_retry_after
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from resolvers.core.context import Caller, Ctx


class Schema(strawberry.Schema):
    """Strawberry's schema, which also tells graphql-core of `@oneOf`: introspection needs it."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        for type_ in self._schema.type_map.values():
            if isinstance(type_, GraphQLInputObjectType):
                definition = type_.extensions["strawberry-definition"]
                type_.is_one_of = any(isinstance(one, OneOf) for one in definition.directives or ())

    @cached_property
    def documents(self) -> Documents:
        """The cache of documents that do not come from a transport."""
        return Documents(self._schema, Limits())

    def describe(self, description: str) -> "Schema":
        """Set the description of the schema, and return it."""
        self._schema.description = description
        return self

    def as_str(self) -> str:
        """Return the SDL with the description of the schema, which Strawberry omits."""
        fill_in_scopes()
        core = self._schema
        roots = (core.query_type, core.mutation_type, core.subscription_type)
        kinds = zip(("query", "mutation", "subscription"), roots, strict=True)
        root = "".join(f"  {kind}: {type_.name}\n" for kind, type_ in kinds if type_)
        return f'"""\n{core.description}\n"""\nschema {{\n{root}}}\n\n{super().as_str()}'

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Replace errors by those for clients. The errors of all transports pass here."""
        context: Ctx | Caller = execution_context.context  # type: ignore[union-attr]
        caller = context.caller if isinstance(context, Ctx) else context
        errors[:] = [add_code(error, caller) for error in errors]
        if find_retry_after(errors) is not None:
            caller.services.availability.count_refused()
