"""Optimisations of the engine. A test can switch off each of them: the statements change, and the
answers do not (`tests/engine/test_twins.py`)."""

from enum import Enum


class Optimisation(Enum):
    """An optimisation of the statements.

    KEYS_ONCE: A query for keys runs once in a statement, not at each place that needs it.
    LISTS_AT_ONCE: Rows that refer to the rows of a list are read for all of them at once.
    SUMS_AT_ONCE: Sums are computed for all rows of a list at once.
    CERTAIN_ROWS: The rule of a row is left out if the right to the row before implies it.
    INNER_JOINS: A row that always exists is joined by an inner join, so that it may be read first.
    """

    KEYS_ONCE = 1
    LISTS_AT_ONCE = 2
    SUMS_AT_ONCE = 3
    CERTAIN_ROWS = 4
    INNER_JOINS = 5


SWITCHED_OFF: set[Optimisation] = set()
"""The optimisations that a test has switched off. Plans that were made before do not change."""


def is_on(one: Optimisation) -> bool:
    return one not in SWITCHED_OFF
