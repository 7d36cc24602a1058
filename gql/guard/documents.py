"""Documents: parsed, measured and validated once, then kept, for clients send the same few again
and again.

What is kept is limited by its weight. A document that was sent once waits in a smaller part of the
store; one that is sent again by somebody who is signed in moves to the larger part. So neither
strangers nor documents that nobody repeats push out those that clients live by.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
)
from graphql.language.parser import Parser

from gql.guard.cost import OperationCost
from gql.guard.limits import Limits, require
from gql.guard.rules import RULES, RULES_OF_FORM
from gql.guard.validate import errors_in
from gql.guard.walk import costs_of, too_deep

PER_TOKEN = 600
"""Bytes that a token and its nodes take; 450 were measured, and plans refer to some more."""
WAITING = 8
"""Documents that were sent once get one part of so many."""
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
    operations: What the engine keeps of its operations, by the name that was asked for.
    """

    text: str
    node: DocumentNode
    tokens: int
    weight: int
    validate: Callable[..., Sequence[GraphQLError]]
    reads: bool = True
    costs: Mapping[str | None, int | OperationCost] = field(default_factory=dict)
    operations: dict[str | None, Any] = field(default_factory=dict)
    _errors: Sequence[GraphQLError] | None = None
    _errors_of_form: Sequence[GraphQLError] | None = None

    def cost(self, name: str | None, variables: Mapping[str, Any]) -> int:
        """The static cost of the operation with these variables, as they were sent; 0 where there
        is no such operation, of which the executor tells. Raises OperationTooComplex.

        See `gql.guard.cost`.
        """
        found = self.costs.get(name, 0)
        return found if isinstance(found, int) else found.value(variables)

    @property
    def errors(self) -> Sequence[GraphQLError]:
        """What is wrong with it, found out once; nothing if it is valid."""
        if self._errors is None:
            self._errors = self.validate(self.node)
        return self._errors

    @property
    def errors_of_form(self) -> Sequence[GraphQLError]:
        """Those of them that tell nothing of the schema."""
        if self._errors_of_form is None:
            self._errors_of_form = self.validate(self.node, form=True)
        return self._errors_of_form


def valid(text: str, node: DocumentNode) -> Document:
    """A document that is made of one which was found valid."""
    return Document(text, node, 0, 0, lambda *_, **__: ())


class Part:
    """Documents by their texts, up to a weight; those used last stay."""

    def __init__(self, most: int) -> None:
        self.most, self.weight = most, 0
        self.kept: OrderedDict[str, Document] = OrderedDict()

    def keep(self, document: Document) -> None:
        self.kept[document.text] = document
        self.add(document.weight)

    def drop(self, document: Document) -> None:
        del self.kept[document.text]
        self.weight -= document.weight

    def add(self, weight: int) -> None:
        self.weight += weight
        while self.weight > self.most and self.kept:
            self.drop(next(iter(self.kept.values())))


class Documents:
    """The documents of a process.

    schema: graphql-core's.
    suggests: Whether errors suggest names of the schema.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, suggests: bool = False) -> None:
        self.schema, self.limits, self.suggests = schema, limits, suggests
        most = limits.most_kept * 1_048_576
        self.waiting, self.known = Part(most // WAITING), Part(most - most // WAITING)

    def read(self, text: str, *, stranger: bool = False) -> Document:
        """The document of a text, parsed and within the limits; whether it is valid, its
        `errors` tell. Raises OperationTooComplex, or GraphQLSyntaxError."""
        if (found := self.known.kept.get(text)) is not None:
            self.known.kept.move_to_end(text)
        elif (found := self.waiting.kept.get(text)) is None:
            found = self.parsed(text, stranger=stranger)
            self.waiting.keep(found)
        elif not stranger:
            self.waiting.drop(found)
            self.known.keep(found)
        if stranger:
            require("tokens", found.tokens, self.limits.most_stranger_tokens)
        return found

    def parsed(self, text: str, *, stranger: bool) -> Document:
        limits = self.limits
        most = limits.most_stranger_tokens if stranger else limits.most_tokens
        require("lines", text.count("\n") + text.count("\r"), limits.most_lines)
        parser = Parser(text, max_lexical_tokens=most, max_comments=most)
        try:
            node = parser.parse_document()
        except GraphQLSyntaxError as error:
            if parser._lexical_token_counter > most:  # noqa: SLF001  # it counts for this limit
                require("tokens", most + 1, most)
            raise without_values(error) from None
        except RecursionError:
            raise too_deep(limits) from None
        costs = costs_of(self.schema, node, limits)
        tokens = parser.token_count
        weight = len(text) + PER_TOKEN * tokens
        return Document(text, node, tokens, weight, self.validate, is_reading(node), costs)

    def validate(self, node: DocumentNode, *, form: bool = False) -> Sequence[GraphQLError]:
        rules = RULES_OF_FORM if form else RULES
        return errors_in(self.schema, node, suggest=self.suggests, rules=rules)

    def grow(self, document: Document, weight: int) -> None:
        """Count what else is kept of a document."""
        document.weight += weight
        for part in (self.known, self.waiting):
            if part.kept.get(document.text) is document:
                part.add(weight)


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
