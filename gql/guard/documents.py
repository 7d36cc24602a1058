"""Documents: parsed, measured and validated once, then kept, for clients send the same few again
and again.

What is kept is limited by its weight. A document that was sent once waits in a smaller part of the
store; one that is sent again by somebody who is signed in moves to the larger part. So neither
strangers nor documents that nobody repeats push out those that clients live by. Registered ones
stand beside both (`gql.guard.trusted`).
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
)
from graphql.language.parser import Parser

from gql.guard.document import Document, is_reading, unlink_tokens, without_values
from gql.guard.lane import SHORT, Lane
from gql.guard.limits import Limits
from gql.guard.over_limit import require
from gql.guard.rules import RULES, RULES_OF_FORM
from gql.guard.trusted import Trusted, trusted_of
from gql.guard.validate import errors_in
from gql.guard.walk import judged, too_deep

PER_TOKEN = 600
"""Bytes that a token and its nodes take; 450 were measured, and plans refer to some more."""
PER_HASH = 200
"""Bytes that it takes to find a document by its hash."""
WAITING = 8
"""Documents that were sent once get one part of so many."""


class Part:
    """Documents by their texts, up to a weight; those used last stay.

    hashes: Those of all parts that clients ask for by their SHA-256.
    """

    def __init__(self, most: int, hashes: dict[str, Document]) -> None:
        self.most, self.weight, self.hashes = most, 0, hashes
        self.kept: OrderedDict[str, Document] = OrderedDict()

    def keep(self, document: Document) -> None:
        self.kept[document.text] = document
        if document.digest:
            self.hashes[document.digest] = document
        self.add(document.weight)

    def drop(self, document: Document) -> None:
        del self.kept[document.text]
        if document.digest:
            self.hashes.pop(document.digest, None)
        self.weight -= document.weight

    def add(self, weight: int) -> None:
        self.weight += weight
        while self.weight > self.most and self.kept:
            document = next(iter(self.kept.values()))
            self.drop(document)
            document.operations.clear()  # they refer to it, too, and it should go at once


class Documents:
    """The documents of a process.

    schema: graphql-core's.
    suggests: Whether strangers may read the schema, and errors suggest names of it.
    trusted_only: Whether transports refuse all documents that are not registered.
    trusted: The registered ones.
    lane: Where long ones are read; one of its own if not told.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        suggests: bool = False,
        trusted_only: bool = False,
        lane: Lane | None = None,
    ) -> None:
        self.schema, self.limits, self.suggests = schema, limits, suggests
        self.trusted_only, self.trusted = trusted_only, Trusted()
        most, self.hashes = limits.most_kept * 1_048_576, dict[str, Document]()
        self.waiting = Part(most // WAITING, self.hashes)
        self.known = Part(most - most // WAITING, self.hashes)
        self.lane, self.loaded = lane or Lane(), dict[str, Document]()

    def hides_from(self, stranger: bool) -> bool:
        """Whether the schema is hidden from somebody."""
        return stranger and not self.suggests

    def is_at_hand(self, text: str) -> bool:
        """Whether it takes no time to read the document: it is kept, or short."""
        return (
            text in self.known.kept
            or len(text) <= SHORT
            or text in self.waiting.kept
            or text in self.trusted.texts
        )

    async def load(
        self, text: str, name: str | None, variables: Mapping[str, Any], *, stranger: bool
    ) -> None:
        """Parse and validate in the lane what is not at hand, for who reads it next. Raises
        OperationTooComplex, also for the cost of the operation, and GraphQLSyntaxError."""
        async with self.lane.turn:
            if self.is_at_hand(text):
                return
            document = await self.lane.work(self.parse, text, stranger)
            hides = self.hides_from(stranger)
            if not hides:
                document.cost(name, variables)
            await self.lane.work(document.judge, hides)
            self.loaded = {text: document}

    def read(self, text: str, *, stranger: bool = False) -> Document:
        """The document of a text, parsed and within the limits; whether it is valid, its
        `errors` tell. Raises OperationTooComplex, or GraphQLSyntaxError."""
        if (found := self.trusted.texts.get(text)) is not None:
            return found  # within the limits when it was registered; a stranger costs no more
        if (found := self.known.kept.get(text)) is not None:
            self.known.kept.move_to_end(text)
        elif (found := self.waiting.kept.get(text)) is None:
            found = self.parsed(text, stranger=stranger)
            self.waiting.keep(found)
        elif not stranger:
            self.waiting.drop(found)
            self.known.keep(found)
        if stranger:
            require("stranger_tokens", found.tokens, self.limits.most_stranger_tokens)
        return found

    def find(self, document_id: str, *, stranger: bool = False) -> Document | None:
        """The document of a SHA-256, or of an id that a client registered. Raises
        OperationTooComplex for a stranger."""
        if (found := self.trusted.find(document_id)) is not None:
            return found
        if self.trusted_only or (found := self.hashes.get(document_id)) is None:
            return None
        return self.read(found.text, stranger=stranger)

    def keep_hashed(self, text: str, digest: str, *, stranger: bool = False) -> Document:
        """Read a document that will be asked for by its SHA-256 from now on. Of one who is signed
        in it does not wait until it is sent again: strangers could push it out before. Raises
        OperationTooComplex, or GraphQLSyntaxError."""
        found = self.read(text, stranger=stranger)
        if found.is_trusted:
            return found
        for part in (self.waiting, self.known):
            if part.kept.get(text) is found:
                part.drop(found)
                found.weight += 0 if found.digest else PER_HASH
                found.digest = digest
                (part if stranger else self.known).keep(found)
                break
        return found

    def trust(self, documents: Mapping[str, tuple[Document, Iterable[str]]]) -> None:
        """Take over what is registered now, by SHA-256, with the ids of clients."""
        self.trusted = trusted_of(documents)
        for text in self.trusted.texts:  # there must be one of each, or plans would be made twice
            for part in (self.waiting, self.known):
                if (one := part.kept.get(text)) is not None:
                    part.drop(one)

    def parsed(self, text: str, *, stranger: bool) -> Document:
        return self.loaded.pop(text, None) or self.parse(text, stranger)

    def parse(self, text: str, stranger: bool) -> Document:
        limits = self.limits
        most = limits.most_stranger_tokens if stranger else limits.most_tokens
        require("lines", text.count("\n") + text.count("\r"), limits.most_lines)
        parser = Parser(text, max_lexical_tokens=most, max_comments=most)
        try:
            node = parser.parse_document()
        except GraphQLSyntaxError as error:
            if parser._lexical_token_counter > most:  # noqa: SLF001  # it counts for this limit
                require("stranger_tokens" if stranger else "tokens", most + 1, most)
            raise without_values(error) from None
        except RecursionError:
            raise too_deep(limits) from None
        unlink_tokens(node)
        costs, traits, refusals = judged(self.schema, node, limits)
        if refusals and not self.hides_from(stranger):
            raise next(iter(refusals.values())).problem()
        tokens = parser.token_count
        weight = len(text) + PER_TOKEN * tokens
        reads, validate = is_reading(node), self.validate
        return Document(text, node, tokens, weight, validate, reads, costs, traits, refusals)

    def validate(self, node: DocumentNode, *, form: bool = False) -> Sequence[GraphQLError]:
        rules = RULES_OF_FORM if form else RULES
        return errors_in(self.schema, node, suggest=self.suggests, rules=rules)

    def grow(self, document: Document, weight: int) -> None:
        """Count what else is kept of a document."""
        document.weight += weight
        for part in (self.known, self.waiting):
            if part.kept.get(document.text) is document:
                part.add(weight)
