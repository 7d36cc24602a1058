"""Static cost: how many objects an operation asks for, reckoned from its document and variables
before anything is read.

A field costs

- nothing where it gives a scalar, an enum, or a list of them; `totalCount` costs 10;
- 1, and the cost of its selection, where it gives an object;
- as much for each member where it gives a list. A list has as many members as `gql.guard.sizes`
  declares for it;
- of a connection, 1 and the cost of its selection, in which `nodes` and `edges` have as many
  members as `first` or `last` says: 20 if neither is given, never more than 100. In the same way
  `from` and `to` say how long the lists of a diary or of a journal are;
- 10 more where it is a root field of a mutation;
- ten times as much where it is a root field of a query that SQL does not answer, e.g. `roles`;
- one tenth of the parts of the schema that it describes where it is `__schema` or `__type`.

The cost of an operation is the sum of its root fields. A selection on several types counts all of
them, for which of them a row has is not known yet; `@skip` and `@include` are not looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gql.guard.over_limit import require

Variables = Mapping[str, Any]
COUNTED = 10
"""The cost of a `totalCount`: the database looks at each row that it counts."""
CHANGED = 10
"""What a root field of a mutation costs more than one of a query: locks, audit entry, commit."""
COMPLETED = 10
"""How many times as much a root field costs whose answer is made in Python, object by object, in
the event loop. Others wait meanwhile: a thousand objects take 30 ms."""
DESCRIBED = 10
"""Parts of the schema that cost 1: they need no database."""
NONE: Mapping[Any, int] = MappingProxyType({})
UNSENT = object()
MOST_KEPT, LONGEST_KEPT = 8, 32
"""Costs that are kept of an operation, and characters of a value by which one is kept: clients
choose both, and could fill the memory."""


@dataclass(frozen=True, slots=True)
class Named:
    """A variable in the place of an argument."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Length:
    """How many members a list has whose arguments say it.

    reckon: Says it for the values of the arguments; None stands for one that is not given.
    """

    reckon: Callable[..., int]
    arguments: tuple[Any, ...]

    @property
    def names(self) -> frozenset[str]:
        """The variables that say it."""
        return frozenset(one.name for one in self.arguments if isinstance(one, Named))

    @property
    def is_known(self) -> bool:
        """Whether the document alone says it."""
        return not any(isinstance(one, Named) for one in self.arguments)

    def value(self, variables: Variables) -> int:
        given = []
        for one in self.arguments:  # a comprehension is one call more, here and below
            given.append(variables.get(one.name) if one.__class__ is Named else one)  # noqa: PERF401
        return self.reckon(*given)


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """What is asked of each member of a list whose length variables say."""

    length: Length
    each: "Cost"


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost as far as the document says it.

    flat: What it is whatever the variables are.
    repeated: Lists whose length variables say, and how often each of them is asked for.
    """

    flat: int = 0
    repeated: Mapping[Repeated, int] = field(default_factory=lambda: NONE)

    def __add__(self, other: "Cost") -> "Cost":
        if not other.repeated:
            return Cost(self.flat + other.flat, self.repeated)
        repeated = dict(self.repeated)
        for one, count in other.repeated.items():
            repeated[one] = repeated.get(one, 0) + count
        return Cost(self.flat + other.flat, repeated)

    @property
    def names(self) -> frozenset[str]:
        """The variables that decide it."""
        names: frozenset[str] = frozenset()
        return names.union(*(one.length.names | one.each.names for one in self.repeated))

    def times(self, count: int) -> "Cost":
        repeated = {one: count * often for one, often in self.repeated.items()}
        return Cost(count * self.flat, repeated or NONE)

    def for_each(self, length: Length) -> "Cost":
        """That of a list of which each member costs this."""
        if length.is_known:
            return self.times(length.value(NONE))
        return Cost(0, {Repeated(length, self): 1})

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
    """The cost of an operation whose variables say how long lists are.

    most: The limit.
    defaults: Values of the variables that are not sent.
    """

    cost: Cost
    most: int
    defaults: Variables = field(default_factory=dict)
    names: tuple[str, ...] = field(init=False)
    found: dict[tuple[Any, ...], int] = field(default_factory=dict, init=False)
    """Costs by the values of the variables that decide them. Most clients ask for the same week."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(sorted(self.cost.names)))

    def value(self, variables: Variables) -> int:
        """The cost with these variables, as they were sent. Raises OperationTooComplex."""
        key = tuple([variables.get(name, UNSENT) for name in self.names])
        try:
            if (known := self.found.get(key)) is not None:
                return known
        except TypeError:  # a list or an object decides it
            return self.reckon(variables)
        asked = self.reckon(variables)
        if all(is_plain(one) for one in key):
            if len(self.found) >= MOST_KEPT:
                self.found.clear()
            self.found[key] = asked
        return asked

    def reckon(self, variables: Variables) -> int:
        """The cost with these variables, reckoned anew. Raises OperationTooComplex."""
        asked = self.cost.value({**self.defaults, **variables})
        if asked > self.most:
            require("cost", asked, self.most)
        return asked


def is_plain(value: Any) -> bool:
    """Whether a cost is kept by the value. `1.0` and `true` equal `1`, and their cost is the same:
    GraphQL takes the one for it, and refuses the other."""
    if value is UNSENT or value is None:
        return True
    kind = value.__class__
    return kind is int or (kind is str and len(value) <= LONGEST_KEPT)
