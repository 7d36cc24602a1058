"""The order of the errors of an answer: that in which their fields stand in it. So both executors
tell them in the same order, whatever each finds out first."""

from collections.abc import Iterable, Sequence

from graphql import GraphQLError


def in_order(errors: Iterable[GraphQLError], data: object) -> list[GraphQLError]:
    """The errors, those first whose fields come first in the data. Below one null they stand in
    the order of the document."""
    found = list(errors)
    if len(found) > 1:
        found.sort(key=lambda one: (place(one.path or (), data), one.locations or []))
    return found


def place(path: Sequence[str | int], data: object) -> tuple[int, ...]:
    """Where a path leads, as far as there is data: the number of each step among its siblings."""
    numbers: list[int] = []
    for step in path:
        if isinstance(data, dict) and step in data:
            numbers.append(list(data).index(step))
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            numbers.append(step)
            data = data[step]
        else:
            break
    return tuple(numbers)
