"""The common types of answers: nodes, connections, payloads with their errors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

import strawberry
from strawberry.schema_directive import Location
from strawberry.utils.str_converters import to_camel_case

from gql.enums import shown_enum
from models.access.roles import AccessScope
from models.base import OfSchool
from models.problems import Caution, Problem, WarningNeedsReason
from resolvers.core.context import Ctx
from resolvers.core.listing import Page

T = TypeVar("T")
shown_enum(AccessScope)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="A viewer without this permission in any scope gets null and `FORBIDDEN`.",
)
class Requires:
    permission: str = strawberry.directive_field(name="permission")
    scope: list[AccessScope] = strawberry.directive_field(name="scope")


def global_id(row: strawberry.Parent[OfSchool]) -> strawberry.ID:
    return strawberry.ID(str(row.global_id))


@strawberry.interface(description="Anything that has an id.")
class Node:
    id: strawberry.ID = strawberry.field(
        resolver=global_id, description="The global id, which is opaque and never changes."
    )


# -- connections ---------------------------------------------------------------------


@strawberry.type(description="The place of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Indicates whether more follows.")
    has_previous_page: bool = strawberry.field(description="Indicates whether more precedes.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first; null if empty.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last; null if empty.")


@strawberry.type(description="A row with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="For `after` and `before` of the same list.")
    node: T = strawberry.field(description="The row.")


def edges_of(page: strawberry.Parent[Page[Any]]) -> list[Any]:
    return [
        Edge(cursor=cursor, node=row) for cursor, row in zip(page.cursors, page.nodes, strict=True)
    ]


def page_info_of(page: strawberry.Parent[Page[Any]]) -> PageInfo:
    start, end = (page.cursors[0], page.cursors[-1]) if page.cursors else (None, None)
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=start,
        end_cursor=end,
    )


async def count_of(page: strawberry.Parent[Page[Any]], info: strawberry.Info[Ctx, None]) -> int:
    return await page.listing.count(info.context)


@strawberry.type(description="A page of a longer list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(
        resolver=edges_of, description="The rows with their cursors."
    )
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(
        resolver=page_info_of, description="Whether there is more, and how to get it."
    )
    total_count: int = strawberry.field(
        resolver=count_of, description="How many rows the whole list has; counted only when asked."
    )


# -- mutations -----------------------------------------------------------------------


@strawberry.interface(description="A reason why a mutation was refused.")
class UserError:
    field: list[str] | None = strawberry.field(
        description="Path inside `input` to the invalid field; null if no single field is invalid."
    )
    message: str = strawberry.field(
        description="For people, in the requested language; it may change, unlike the code."
    )


@dataclass(frozen=True, slots=True)
class Payload:
    """The payload type of a mutation, `SetMarkPayload { mark, userErrors }`.

    results: Names of the fields with the results.
    single: Whether the command returns one row, not a dataclass of results.
    """

    type: Any
    error: Any
    codes: Any
    results: tuple[str, ...]
    single: bool

    def make_result(self, result: Any) -> Any:
        given = [result] if self.single else [getattr(result, name) for name in self.results]
        return self.type(**dict(zip(self.results, given, strict=True)), user_errors=[])

    def make_refusal(self, problem: Problem, language: str) -> Any:
        """Return the payload of a refused command. Raises KeyError, a bug, for a Problem that the
        command does not declare."""
        kept: dict[str, Any] = {name: problem.extensions.get(name) for name in self.results}
        if problem.current is not None:
            kept[self.results[0]] = problem.current
        return self.type(
            **kept, user_errors=[make_user_error(self.error, self.codes, problem, language)]
        )


def make_user_error(error: Any, codes: Any, problem: Problem, language: str) -> Any:
    """Return the user error of a Problem. Raises KeyError, a bug, for a Problem that the command
    does not declare."""
    path = problem.field.split(".") if problem.field else None
    most = problem.extensions.get("most")
    told: dict[str, Any] = {}
    if hasattr(error, "most"):
        told["most"] = most if isinstance(most, int) else None
    if isinstance(problem, WarningNeedsReason):
        told["warnings"] = [make_warning(error.warning, one, language) for one in problem.cautions]
    return error(
        field=[to_camel_case(step) for step in path] if path else None,
        message=problem.describe(language),
        code=codes[problem.code()],
        **told,
    )


def make_warning(type_: Any, caution: Caution, language: str) -> Any:
    return type_(
        field=[to_camel_case(caution.field)] if caution.field else None,
        message=caution.describe(language),
        code=type_.codes[caution.code()],
        about=caution.current,
    )


def make_payload(command: Any, results: dict[str, tuple[Any, str]], *, single: bool) -> Payload:
    """Make the payload type of a command; its codes are the command's Problems."""
    name = to_pascal(command.__name__)
    error, codes = make_error_type(command)
    fields = {
        field: (type_ | None, strawberry.field(description=told))
        for field, (type_, told) in results.items()
    }
    errors = strawberry.field(description="Empty when all went well.")
    fields["user_errors"] = (list.__class_getitem__(error), errors)
    type_ = make_type(strawberry.type, f"{name}Payload", f"The result of `{name}`.", fields)
    return Payload(type_, error, codes, tuple(results), single)


def make_codes(name: str, told: str, problems: tuple[type[Problem], ...]) -> Any:
    members = {
        p.code(): strawberry.enum_value(p.code(), description=p.message("en")) for p in problems
    }
    codes: Any = Enum(name, members)  # type: ignore[misc]  # made, not written
    return strawberry.enum(codes, description=told)


@cache
def make_error_type(command: Any) -> tuple[Any, Any]:
    """Make the type `SetMarkUserError` and the enum of its codes, once per command: of two enums
    with one name, the schema would lack the codes of one."""
    name, problems = to_pascal(command.__name__), command.problems
    warns = getattr(command, "warns", ())
    codes = make_codes(f"{name}ErrorCode", f"The reasons why `{name}` may be refused.", problems)
    fields: dict[str, tuple[Any, Any]] = {
        "code": (codes, strawberry.field(description="For programs; never translated."))
    }
    if any(problem.tells("most") for problem in problems):
        told = "The limit, e.g. of characters; null if no limit is exceeded."
        fields["most"] = (int | None, strawberry.field(description=told, default=None))
    if warns:
        told = "The warnings, with WARNING_NEEDS_REASON; otherwise null."
        listed: Any = list.__class_getitem__(warning := make_warning_type(name, warns))
        fields["warnings"] = (listed | None, strawberry.field(description=told, default=None))
    error = make_type(
        strawberry.type,
        f"{name}UserError",
        f"A reason why `{name}` was refused.",
        fields,
        UserError,
    )
    if warns:
        error.warning = warning
    return error, codes


def make_warning_type(name: str, warns: tuple[type[Caution], ...]) -> Any:
    """Make the type of a command's warnings, `ScheduleLessonWarning`."""
    codes = make_codes(f"{name}WarningCode", f"The warnings of `{name}`.", warns)
    about = "The row that it is about, if there is one and the viewer may read it."
    fields: dict[str, tuple[Any, Any]] = {
        "code": (codes, strawberry.field(description="For programs; never translated.")),
        "about": (Node | None, strawberry.field(description=about, default=None)),
    }
    told = f"A warning of `{name}`, which `overrideReason` overrides."
    type_ = make_type(strawberry.type, f"{name}Warning", told, fields, UserError)
    type_.codes = codes
    return type_


def make_type(
    kind: Callable[..., Any], name: str, told: str, fields: dict[str, tuple[Any, Any]], *base: type
) -> Any:
    """Make a Strawberry type of the fields: annotation and description by name."""
    annotations = {field: annotation for field, (annotation, _) in fields.items()}
    contents = {field: content for field, (_, content) in fields.items()}
    return kind(type(name, base, {"__annotations__": annotations, **contents}), description=told)


def to_pascal(name: str) -> str:
    return "".join(word.title() for word in name.split("_"))


def to_snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
