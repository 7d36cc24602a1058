"""The shape of variables: all that of them decides how a statement is written."""

import re
from collections.abc import Mapping
from typing import TypeAlias

import orjson

Variables: TypeAlias = Mapping[str, object]
"""The values of variables by their names, as JSON has them."""
Step: TypeAlias = str | int
"""To a field of an object, or to a member of a list."""
Path: TypeAlias = tuple[Step, ...]
"""Where inside of a variable."""
Leaves: TypeAlias = Mapping[str, set[Path]]
"""By variables, where in them parameters are; of lists any member. All else that a variable holds
decides how a statement is written."""
EACH = "*"
"""Any member of a list."""
OR_NULL = "or null"
"""Behind a place: null there is a value like others, and the same as nothing."""
NONE: set[Path] = set()
HERE = ["a parameter"]
"""A list of its own kind: no client's list of texts is taken for it where texts are expected."""
KIND = re.compile(r"([A-Za-z]+):\d")
"""What an id is of decides which rows are asked."""


def shape(variables: Variables, leaves: Leaves) -> bytes:
    """Which are given, and what of them is no parameter.

    leaves: By variables, where in them parameters are. Those that may be null do not count: whether
        they are given or not, the statement is the same.
    """
    if not variables:
        return b""
    found: dict[str, object] = {}
    for name, value in variables.items():
        inside = leaves.get(name, NONE)
        if (OR_NULL,) in inside:
            continue
        if value.__class__ is str and () in inside:  # most are; it saves a call each
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
