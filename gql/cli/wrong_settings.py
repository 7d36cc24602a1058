"""Messages about settings with a wrong value. Each names the variable and the values it takes. None
repeats the value, which may be a secret or hold one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.fields import FieldInfo

BARE = frozenset({"DATABASE_URL", "PORT"})
"""Variables without our prefix: other programs know them, too."""


def explain_values(problem: "ValidationError") -> Iterator[str]:
    """Yield a sentence for each setting that has a wrong value."""
    from gql.settings import Settings

    for error in problem.errors(include_input=False):
        variable = variable_of(str(error["loc"][0]))
        ours = error.get("ctx", {}).get("error")
        field = Settings.model_fields[field_of(variable)]
        yield f"{variable} {ours or describe_expected(field)}"


def variable_of(place: str) -> str:
    """Return the environment variable of a field, which pydantic names by field or by variable."""
    name = place.upper()
    return name if name in BARE or name.startswith("GOROD_") else f"GOROD_{name}"


def field_of(variable: str) -> str:
    return variable.removeprefix("GOROD_").lower()


def describe_expected(field: "FieldInfo") -> str:
    """Say which values a setting takes, with an example."""
    kind: Any = field.annotation
    if kind is bool:
        return "must be true or false"
    if get_origin(kind) is Literal:
        *others, last = get_args(kind)
        return f"must be {', '.join(others)} or {last}"
    if kind in (int, float):
        name = "a whole number" if kind is int else "a number"
        return f"must be {name}{describe_limits(field)}, such as {field.default}"
    return f"is not set as it must be: {field.description}"


def describe_limits(field: "FieldInfo") -> str:
    """Say the least and the greatest value of a number."""
    at_least, above, at_most = (find_bound(field, name) for name in ("ge", "gt", "le"))
    if above is not None:
        return f" above {above}" + (f" and at most {at_most}" if at_most is not None else "")
    if at_most is not None:
        return f" from {at_least} to {at_most}"
    return f" of {at_least} or more" if at_least is not None else ""


def find_bound(field: "FieldInfo", name: str) -> float | None:
    return next(
        (found for one in field.metadata if (found := getattr(one, name, None)) is not None), None
    )
