"""Static cost: the number of objects that an operation asks for, computed from its document and
variables before execution.

A field costs

- nothing if it returns a scalar, an enum, or a list of them; `totalCount` costs 10;
- 1 and the cost of its selection if it returns an object;
- that much for each member of a list. `gql.guard.sizes` declares the number of members;
- for a connection, 1 and the cost of its selection, in which `nodes` and `edges` have as many
  members as `first` or `last` says: 20 by default, at most 100. In the same way `from` and `to`
  set the length of a diary or a journal;
- 10 more if it is a root field of a mutation;
- ten times as much if it is a root field of a query that Python answers, e.g. `roles`;
- one tenth of the described parts of the schema if it is `__schema` or `__type`.

The cost of an operation is the sum of its root fields. A selection on several types counts all of
them, as the type of a row is not known yet; `@skip` and `@include` are ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gql.guard.over_limit import require

Variables = Mapping[str, Any]
COUNTED = 10
"""The cost of a `totalCount`: the database reads each row that it counts."""
CHANGED = 10
"""The extra cost of a root field of a mutation: locks, audit entry, commit."""
COMPLETED = 10
"""The factor of a root field whose objects Python makes in the event loop. Other requests wait
meanwhile: a thousand objects take 30 ms."""
DESCRIBED = 10
"""The number of schema parts that cost 1: they need no database."""
NONE: Mapping[Any, int] = MappingProxyType({})
UNSENT = object()
MOST_KEPT, LONGEST_KEPT = 8, 32
"""Cached costs of an operation, and characters of a value in their keys. Clients choose both, and
without a limit they could fill the memory."""


@dataclass(frozen=True, slots=True)
class VariableName:
    """A variable in the place of an argument."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ListLength:
    """The length of a list that its arguments set.

    reckon: Returns it for the values of the arguments; a missing argument is None.
    """

    reckon: Callable[..., int]
    arguments: tuple[Any, ...]

    @property
    def names(self) -> frozenset[str]:
        """The variables that it depends on."""
        return frozenset(one.name for one in self.arguments if isinstance(one, VariableName))

    @property
    def is_known(self) -> bool:
        """Whether it depends on no variable."""
        return not any(isinstance(one, VariableName) for one in self.arguments)

    def value(self, variables: Variables) -> int:
        given = []
        for one in self.arguments:  # a comprehension costs one more call, here and below
            given.append(variables.get(one.name) if one.__class__ is VariableName else one)  # noqa: PERF401
        return self.reckon(*given)


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedCost:
    """The cost of each member of a list whose length depends on variables."""

    length: ListLength
    each: "Cost"


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost before the variables are known.

    flat: The part that does not depend on variables.
    repeated: Lists whose length depends on variables, and how often each of them is selected.
    """

    flat: int = 0
    repeated: Mapping[RepeatedCost, int] = field(default_factory=lambda: NONE)

    def __add__(self, other: "Cost") -> "Cost":
        if not other.repeated:
            return Cost(self.flat + other.flat, self.repeated)
        repeated = dict(self.repeated)
        for one, count in other.repeated.items():
            repeated[one] = repeated.get(one, 0) + count
        return Cost(self.flat + other.flat, repeated)

    @property
    def names(self) -> frozenset[str]:
        """The variables that it depends on."""
        names: frozenset[str] = frozenset()
        return names.union(*(one.length.names | one.each.names for one in self.repeated))

    def times(self, count: int) -> "Cost":
        repeated = {one: count * often for one, often in self.repeated.items()}
        return Cost(count * self.flat, repeated or NONE)

    def for_each(self, length: ListLength) -> "Cost":
        """Return the cost of a list whose members cost this each."""
        if length.is_known:
            return self.times(length.value(NONE))
        return Cost(0, {RepeatedCost(length, self): 1})

    def value(self, variables: Variables) -> int:
        whole = self.flat
        for one, often in self.repeated.items():
            each = one.each.value(variables) if one.each.repeated else one.each.flat
            whole += often * each * one.length.value(variables)
        return whole


NOTHING = Cost()
ONE = Cost(1)


@dataclass(frozen=True, slots=True)
class OperationCost:
    """The cost of an operation that depends on its variables.

    most: The limit.
    defaults: Values of the variables that are not sent.
    """

    cost: Cost
    most: int
    defaults: Variables = field(default_factory=dict)
    names: tuple[str, ...] = field(init=False)
    found: dict[tuple[Any, ...], int] = field(default_factory=dict, init=False)
    """Costs by the values of the variables. Most clients ask for the same week."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(sorted(self.cost.names)))

    def value(self, variables: Variables) -> int:
        """Return the cost with these variables, as sent. Raises OperationTooComplex."""
        key = tuple([variables.get(name, UNSENT) for name in self.names])
        try:
            if (known := self.found.get(key)) is not None:
                return known
        except TypeError:  # it depends on a list or an object
            return self.reckon(variables)
        asked = self.reckon(variables)
        if all(is_plain(one) for one in key):
            if len(self.found) >= MOST_KEPT:
                self.found.clear()
            self.found[key] = asked
        return asked

    def reckon(self, variables: Variables) -> int:
        """Compute the cost with these variables. Raises OperationTooComplex."""
        asked = self.cost.value({**self.defaults, **variables})
        if asked > self.most:
            require("cost", asked, self.most)
        return asked


def is_plain(value: Any) -> bool:
    """Whether the value may be in a key of the cache. `1.0` and `true` equal `1` there, which is
    harmless: GraphQL takes `1.0` as 1 and refuses `true`."""
    if value is UNSENT or value is None:
        return True
    kind = value.__class__
    return kind is int or (kind is str and len(value) <= LONGEST_KEPT)
