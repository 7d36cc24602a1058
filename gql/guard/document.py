"""One document with all that is cached of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
)

from gql.guard.cost import OperationCost
from gql.guard.over_limit import OverLimit
from gql.guard.walk import Trait

LONGEST_NAME = 64
"""Characters of an operation's name in records. Clients choose names of any length."""
VALUE = re.compile(r"((?:Block)?String|Int|Float) '.*'", re.DOTALL)
NAME = re.compile(r"Name '.*'", re.DOTALL)


@dataclass(eq=False, slots=True)
class Document:
    """A document within the limits.

    weight: Bytes it takes in memory with all that is cached of it.
    validate: Returns its errors; with `form=True` only those that need no schema.
    reads: Whether all its operations are queries.
    costs: By operation name; that of an only one by None, too. A number if it does not depend on
        variables.
    traits: By the same keys, the subscriptions and the operations that try a password.
    refusals: By the same keys, the limits exceeded that only the schema shows.
    operations: The engine's plans of its operations, by the requested name.
    fits_strangers: By operation name, whether it selects only what is open to strangers; see
        `gql.guard.strangers`.
    digest: SHA-256 of the text, if clients send it.
    registered_name: Its name in metrics, if it is registered.
    is_judged: Whether it was validated.
    labels: The names of its operations in records; that of an only one by None, too. Names that
        clients request and that do not exist would fill the memory.
    """

    text: str
    node: DocumentNode
    tokens: int
    weight: int
    validate: Callable[..., Sequence[GraphQLError]]
    reads: bool = True
    costs: Mapping[str | None, int | OperationCost] = field(default_factory=dict)
    traits: Mapping[str | None, Trait] = field(default_factory=dict)
    refusals: Mapping[str | None, OverLimit] = field(default_factory=dict)
    operations: dict[str | None, Any] = field(default_factory=dict)
    fits_strangers: dict[str | None, bool] = field(default_factory=dict)
    digest: str | None = None
    registered_name: str | None = None
    is_judged: bool = False
    labels: "Mapping[str | None, Label] | None" = None
    _errors: Sequence[GraphQLError] | None = None
    _errors_of_form: Sequence[GraphQLError] | None = None

    def cost(self, name: str | None, variables: Mapping[str, Any]) -> int:
        """Return the static cost of the operation with these variables, as sent; 0 if there is no
        such operation, which the executor reports. Raises OperationTooComplex.

        See `gql.guard.cost`.
        """
        if self.refusals and (refusal := self.refusals.get(name)):
            raise refusal.problem()
        found = self.costs.get(name, 0)
        return found if isinstance(found, int) else found.value(variables)

    @property
    def is_trusted(self) -> bool:
        """Whether it is registered: the operator knows all that it can do."""
        return self.registered_name is not None

    @property
    def errors(self) -> Sequence[GraphQLError]:
        """Errors of validation, computed once; empty if the document is valid."""
        if self._errors is None:
            self._errors = self.validate(self.node)
        return self._errors

    def judge(self, hides: bool) -> None:
        """Validate it in advance.

        hides: Whether the schema is hidden from the sender.
        """
        _ = self.errors_of_form if hides else self.errors
        self.is_judged = True

    @property
    def errors_of_form(self) -> Sequence[GraphQLError]:
        """The errors that reveal nothing of the schema."""
        if self._errors_of_form is None:
            is_valid = self._errors is not None and not self._errors
            self._errors_of_form = () if is_valid else self.validate(self.node, form=True)
        return self._errors_of_form

    def label(self, name: str | None) -> "Label | None":
        """Return the label of the operation of that name; None if there is none."""
        if self.labels is None:
            self.labels = labels_of(self.node)
        return self.labels.get(name)


class Label(NamedTuple):
    """The name of an operation, None if it has none or a long one, and its kind: `query`,
    `mutation` or `subscription`."""

    name: str | None
    kind: str


def labels_of(node: DocumentNode) -> Mapping[str | None, Label]:
    """Return the labels of the operations of a document."""
    found: dict[str | None, Label] = {}
    operations = [one for one in node.definitions if isinstance(one, OperationDefinitionNode)]
    for one in operations:
        called = one.name.value if one.name else None
        is_told = called is not None and len(called) <= LONGEST_NAME
        found[called] = Label(called if is_told else None, one.operation.value)
    if len(operations) == 1:
        found.setdefault(None, *found.values())
    else:
        found.pop(None, None)
    return found


def make_valid(text: str, node: DocumentNode) -> Document:
    """Return a document that was derived from a valid one."""
    return Document(text, node, 0, 0, lambda *_, **__: ())


def unlink_tokens(node: DocumentNode) -> None:
    """Break the chain of tokens, which only the parser needs. Each refers to its neighbours, and
    these cycles would keep a document in memory until the garbage collector runs."""
    token = node.loc.start_token if node.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following


def is_reading(node: DocumentNode) -> bool:
    kinds = (one.operation for one in node.definitions if isinstance(one, OperationDefinitionNode))
    return all(kind is OperationType.QUERY for kind in kinds)


def remove_values(error: GraphQLSyntaxError) -> GraphQLSyntaxError:
    """Remove values of the document from the error, as they may be passwords. After a string, a
    name may be the rest of a string with a quotation mark in it."""
    error.message = VALUE.sub(r"\1", error.message)
    if error.source and '"' in error.source.body[: min(error.positions or (0,))]:
        error.message = NAME.sub("Name", error.message)
    return error
