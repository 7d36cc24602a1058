"""One document: what is kept of it, and what is known of its text."""

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
"""Characters of the name of an operation that observers are told. Clients choose names."""
VALUE = re.compile(r"((?:Block)?String|Int|Float) '.*'", re.DOTALL)
NAME = re.compile(r"Name '.*'", re.DOTALL)


@dataclass(eq=False, slots=True)
class Document:
    """A document within the limits.

    weight: Bytes it takes in memory with all that is kept of it.
    validate: Finds what is wrong with it; by itself, without the schema, if told so.
    reads: Whether it has operations that read, and no others.
    costs: By the names of its operations; that of an only one by null, too. A number where the
        document alone says it.
    traits: In the same way, which of them listen or try a password.
    refusals: In the same way, why they may not run, where the schema was needed to find out.
    operations: What the engine keeps of its operations, by the name that was asked for.
    fits_strangers: By the names of operations, whether they fit what is open to strangers; see
        `gql.guard.strangers`.
    digest: SHA-256 of the text, where clients ask for it by that.
    registered_name: What it is called in metrics, if it is a registered one.
    is_judged: Whether it was found out what is wrong with it.
    labels: What observers call its operations, by their names; that of an only one by null, too.
        Names that clients ask for and that are not there would fill the memory.
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
        """The static cost of the operation with these variables, as they were sent; 0 where there
        is no such operation, of which the executor tells. Raises OperationTooComplex.

        See `gql.guard.cost`.
        """
        if self.refusals and (refusal := self.refusals.get(name)):
            raise refusal.problem()
        found = self.costs.get(name, 0)
        return found if isinstance(found, int) else found.value(variables)

    @property
    def is_trusted(self) -> bool:
        """Whether it is registered: then the operator knows all that it can do."""
        return self.registered_name is not None

    @property
    def errors(self) -> Sequence[GraphQLError]:
        """Errors of validation, computed once; empty if the document is valid."""
        if self._errors is None:
            self._errors = self.validate(self.node)
        return self._errors

    def judge(self, hides: bool) -> None:
        """Find out what is wrong with it, before anybody asks.

        hides: Whether the schema is hidden from the sender.
        """
        _ = self.errors_of_form if hides else self.errors
        self.is_judged = True

    @property
    def errors_of_form(self) -> Sequence[GraphQLError]:
        """Those of them that tell nothing of the schema."""
        if self._errors_of_form is None:
            is_valid = self._errors is not None and not self._errors
            self._errors_of_form = () if is_valid else self.validate(self.node, form=True)
        return self._errors_of_form

    def label(self, name: str | None) -> "Label | None":
        """What the operation is called that the name means; None if there is no such."""
        if self.labels is None:
            self.labels = labels_of(self.node)
        return self.labels.get(name)


class Label(NamedTuple):
    """The name of an operation, None if it has none or a long one, and its kind: `query`,
    `mutation` or `subscription`."""

    name: str | None
    kind: str


def labels_of(node: DocumentNode) -> Mapping[str | None, Label]:
    """What observers call the operations of a document."""
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


def valid(text: str, node: DocumentNode) -> Document:
    """A document that is made of one which was found valid."""
    return Document(text, node, 0, 0, lambda *_, **__: ())


def unlink_tokens(node: DocumentNode) -> None:
    """Break the chain of tokens, of which only the parser has need. Each refers to the one before
    and the one after it, so a document would stay in memory until all garbage is collected."""
    token = node.loc.start_token if node.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following


def is_reading(node: DocumentNode) -> bool:
    kinds = (one.operation for one in node.definitions if isinstance(one, OperationDefinitionNode))
    return all(kind is OperationType.QUERY for kind in kinds)


def without_values(error: GraphQLSyntaxError) -> GraphQLSyntaxError:
    """The error without a value of the document, which may be a password. Where strings stand
    before it, a name may be the rest of one that has a quotation mark in it."""
    error.message = VALUE.sub(r"\1", error.message)
    if error.source and '"' in error.source.body[: min(error.positions or (0,))]:
        error.message = NAME.sub("Name", error.message)
    return error
