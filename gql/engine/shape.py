"""The shape of variables: the part of them on which the text of a statement depends."""

import re
from collections.abc import Mapping
from typing import TypeAlias

import orjson

Variables: TypeAlias = Mapping[str, object]
"""The values of variables by their names, as JSON has them."""
Step: TypeAlias = str | int
"""The key of a field of an object, or of a member of a list."""
Path: TypeAlias = tuple[Step, ...]
"""A place inside of a variable."""
Leaves: TypeAlias = Mapping[str, set[Path]]
"""The places of parameters, by variables. The text of a statement may depend on all else that a
variable holds."""
EACH = "*"
"""Any member of a list."""
OR_NULL = "or null"
"""The step behind a place of which null is a value, and the same as nothing sent."""
NONE: set[Path] = set()
HERE = ["a parameter"]
"""Stands for a parameter. It is a list, so a text that a client sends is not taken for it."""
KIND = re.compile(r"([A-Za-z]+):\d")
"""The type in a global id. The text of a statement depends on it."""


def shape(variables: Variables, leaves: Leaves) -> bytes:
    """Return the shape of variables: the names of those sent, and all that is no parameter.

    leaves: The places of parameters. Those of which null is a value do not count: the statement is
        the same whether they are sent or not.
    """
    if not variables:
        return b""
    found: dict[str, object] = {}
    for name, value in variables.items():
        inside = leaves.get(name, NONE)
        if (OR_NULL,) in inside:
            continue
        if value.__class__ is str and () in inside:  # the usual case, without a call
            kind = KIND.match(value)
            found[name] = [*HERE, kind[1]] if kind else HERE
        else:
            found[name] = skeleton(value, inside, ())
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS)


def skeleton(value: object, leaves: set[Path], path: Path) -> object:
    if value is None:
        return None
    if path in leaves:
        kind = KIND.match(value) if isinstance(value, str) else None
        return [*HERE, kind[1]] if kind else HERE
    if isinstance(value, dict):
        return {
            key: skeleton(part, leaves, (*path, key))
            for key, part in value.items()
            if (*path, key, OR_NULL) not in leaves
        }
    if isinstance(value, list):
        return [skeleton(part, leaves, (*path, EACH)) for part in value]
    return value
