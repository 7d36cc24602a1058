"""The order of the errors of an answer: that in which their fields stand in it. So both executors
report them in the same order, whichever each of them finds first."""

from collections.abc import Iterable, Sequence

from graphql import GraphQLError


def sort_errors(errors: Iterable[GraphQLError], data: object) -> list[GraphQLError]:
    """Sort errors by the places of their fields in the data. Below one null they stand in the order
    of the document."""
    found = list(errors)
    if len(found) > 1:
        found.sort(key=lambda one: (find_place(one.path or (), data), one.locations or []))
    return found


def find_place(path: Sequence[str | int], data: object) -> tuple[int, ...]:
    """Return the number of each step of a path among its siblings, as far as there is data."""
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
