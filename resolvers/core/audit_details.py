"""Details of audit entries: the part of a command's arguments and result that the log keeps.

The log keeps the actor, the names of the arguments that were sent, and the values of those declared
`Logged` in the signature. The id of the row that the command returns is kept if the result is
`Logged`. Nothing else is kept, so a command that declares nothing reveals no value. Of a `private`
command not even the names are kept.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from models.base import Id, OfSchool
from resolvers.core.keep import KEEP
from resolvers.core.parameters import is_logged, plain

Details = list[dict[str, Any]]
"""As `AuditEvent.details` holds them: a `name`, and `values` as texts or None."""
PLUMBING = frozenset({"expected_revision", "expected_version", "idempotency_key"})
"""Arguments that belong to the protocol of commands and not to what a command does."""
UNDERSCORED = re.compile(r"_+([a-z0-9])")


@dataclass(frozen=True, slots=True)
class Part:
    """An argument of a command, or a field of an input object.

    name: Its name in the API, with that of the argument before it: `items.studentId`.
    parts: The fields of an input object, by their Python names; None if no field is logged: then
        the object is named as a whole, because the set of fields sent may reveal something.
    is_optional: Whether an empty value counts as not sent.
    """

    name: str
    is_logged: bool
    is_optional: bool = False
    parts: Mapping[str, "Part"] | None = None

    def details(self, values: list[Any]) -> Iterator[dict[str, Any]]:
        """Yield the entries for the values sent for it. An emptied argument has no values."""
        if self.parts is None or not values:
            kept = [encode_value(value) for value in values] if self.is_logged else None
            yield {"name": self.name, "values": kept}
            return
        for field, part in self.parts.items():
            found = [getattr(value, field) for value in values]
            given = [value for value in found if value is not None and value is not KEEP]
            if given:
                yield from part.details(given)


def api_name(name: str) -> str:
    """Return the GraphQL name for a Python name: `setMark` for `set_mark`."""
    return UNDERSCORED.sub(lambda found: found[1].upper(), name.rstrip("_"))


@cache
def parts_of(command: Callable[..., Any]) -> Mapping[str, Part]:
    """Return the arguments of a command that the log names, in their order."""
    signature = inspect.signature(command, eval_str=True)
    return {
        name: part_of(
            api_name(name),
            argument.annotation,
            is_optional=argument.default not in (argument.empty, KEEP),
        )
        for name, argument in signature.parameters.items()
        if argument.kind is argument.KEYWORD_ONLY and name not in PLUMBING
    }


def part_of(name: str, annotation: Any, *, is_optional: bool = False, known: bool = False) -> Part:
    """Describe an argument, or a field of one.

    known: Whether the object that it is a part of is `Logged` as a whole.
    """
    known = known or is_logged(annotation)
    kind = input_among(plain(annotation))
    if kind is None:
        return Part(name, known, is_optional)
    hints = get_type_hints(kind, include_extras=True)
    parts = {
        field.name: part_of(f"{name}.{api_name(field.name)}", hints[field.name], known=known)
        for field in fields(kind)
        if field.name not in PLUMBING
    }
    tells = any(part.is_logged or part.parts for part in parts.values())
    return Part(name, known, is_optional, parts if tells else None)


def input_among(annotation: Any) -> Any:
    """Return the dataclass of an input object, or of a list of them; None for other types."""
    if get_origin(annotation) is Id:
        return None
    if isinstance(annotation, type) and is_dataclass(annotation):
        return annotation
    return next(filter(None, map(input_among, get_args(annotation))), None)


def details_of(command: Any, given: Mapping[str, Any]) -> Details:
    """Return what the audit log keeps of the arguments of a command."""
    found: Details = []
    for name, part in parts_of(command).items() if not command.private else ():
        value = given.get(name, KEEP)
        if value is KEEP or (part.is_optional and value in (None, [], ())):
            continue
        values = list(value) if isinstance(value, list | tuple) else [value]
        found += part.details([one for one in values if one is not None])
    return found


def encode_value(value: Any) -> str:
    """Return a value as a client writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, date | time):
        return value.isoformat().replace("+00:00", "Z")
    assert isinstance(value, str | int | Decimal | Id)  # noqa: S101  # other types have no text
    return str(value)


@cache
def names_its_row(command: Any) -> bool:
    """Whether the log may keep the id of the row that a command returns."""
    declared = is_logged(inspect.signature(command, eval_str=True).return_annotation)
    return declared and not command.private


def entity_of(command: Any, result: Any) -> str | None:
    """Return the id of the row that a command was about, if the log may keep it."""
    return id_among(result) if names_its_row(command) else None


def id_among(result: Any) -> str | None:
    """Return the id of the row that a command returned: its result, or the first row among its
    results. Nothing else of a result is read: it may be a secret."""
    if isinstance(result, OfSchool):
        return str(result.global_id)
    if is_dataclass(result) and not isinstance(result, type):
        parts = (getattr(result, item.name) for item in fields(result))
        return next((str(p.global_id) for p in parts if isinstance(p, OfSchool)), None)
    return None
