"""Optimisations of the engine. A test can switch off each of them: the statements change, and the
answers do not (`tests/engine/test_twins.py`)."""

from enum import Enum


class Optimisation(Enum):
    """KEYS_ONCE: A query for keys is asked once in a statement, not at each place that needs it.
    LISTS_AT_ONCE: Rows that refer to those of a list are read for all of them together.
    SUMS_AT_ONCE: Values that sum up many rows are, too.
    CERTAIN_ROWS: The right to a row is not asked where the row before it gives it.
    INNER_JOINS: A row that exists in any case may be read before the one that refers to it.
    """

    KEYS_ONCE = 1
    LISTS_AT_ONCE = 2
    SUMS_AT_ONCE = 3
    CERTAIN_ROWS = 4
    INNER_JOINS = 5


SWITCHED_OFF: set[Optimisation] = set()
"""Only tests add to it. It has no effect on plans that were made before."""


def is_on(one: Optimisation) -> bool:
    return one not in SWITCHED_OFF
