"""The cache of documents: parsed, measured and validated once, as clients send the same few often.

The cache is limited by weight. A document that was sent once is in its smaller part; one that a
signed-in user sends again moves to the larger part. So neither strangers nor documents that are
sent once can evict those that clients use. Registered ones are kept apart (`gql.guard.trusted`).
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

from gql.guard.document import Document, is_reading, remove_values, unlink_tokens
from gql.guard.lane import SHORT, Lane
from gql.guard.limits import Limits
from gql.guard.over_limit import require
from gql.guard.rules import RULES, RULES_OF_FORM
from gql.guard.trusted import TrustedDocuments, index_trusted
from gql.guard.validate import find_errors
from gql.guard.walk import measure_document, refuse_depth

PER_TOKEN = 600
"""Bytes of a token and its nodes; 450 were measured, and plans refer to more."""
PER_HASH = 200
"""Bytes of an entry by hash."""
WAITING = 8
"""The share of documents that were sent once: one part of so many."""


class DocumentCache:
    """A cache of documents by their texts, up to a weight; the least recently used go first.

    hashes: The documents of all parts that clients name by their SHA-256.
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
            document.operations.clear()  # the plans refer to it: without the cycle it is freed now


class Documents:
    """The documents of a process.

    schema: graphql-core's.
    suggests: Whether strangers may read the schema, and errors suggest its names.
    trusted_only: Whether transports refuse documents that are not registered.
    trusted: The registered ones.
    lane: Where long ones are parsed; by default one of its own.
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
        self.trusted_only, self.trusted = trusted_only, TrustedDocuments()
        most, self.hashes = limits.most_kept * 1_048_576, dict[str, Document]()
        self.waiting = DocumentCache(most // WAITING, self.hashes)
        self.known = DocumentCache(most - most // WAITING, self.hashes)
        self.lane, self.loaded = lane or Lane(), dict[str, Document]()

    def hides_from(self, stranger: bool) -> bool:
        """Whether the schema is hidden from the sender."""
        return stranger and not self.suggests

    def is_ready(self, text: str) -> bool:
        """Whether the document can be read at once: it is cached, or short."""
        return (
            text in self.known.kept
            or len(text) <= SHORT
            or text in self.waiting.kept
            or text in self.trusted.texts
        )

    async def load(
        self, text: str, name: str | None, variables: Mapping[str, Any], *, stranger: bool
    ) -> None:
        """Parse and validate in the lane a document that is not cached, for the next `read`. Raises
        OperationTooComplex, also for the cost of the operation, and GraphQLSyntaxError."""
        async with self.lane.turn:
            if self.is_ready(text):
                return
            document = await self.lane.work(self.parse, text, stranger)
            hides = self.hides_from(stranger)
            if not hides:
                document.cost(name, variables)
            await self.lane.work(document.judge, hides)
            self.loaded = {text: document}

    def read(self, text: str, *, stranger: bool = False) -> Document:
        """Return the document of a text, parsed and within the limits; it may be invalid, see
        `errors`. Raises OperationTooComplex, GraphQLSyntaxError."""
        if (found := self.trusted.texts.get(text)) is not None:
            return found  # its limits were checked at registration
        if (found := self.known.kept.get(text)) is not None:
            self.known.kept.move_to_end(text)
        elif (found := self.waiting.kept.get(text)) is None:
            found = self.take_parsed(text, stranger=stranger)
            self.waiting.keep(found)
        elif not stranger:
            self.waiting.drop(found)
            self.known.keep(found)
        if stranger:
            require("stranger_tokens", found.tokens, self.limits.most_stranger_tokens)
        return found

    def find(self, document_id: str, *, stranger: bool = False) -> Document | None:
        """Return the document of a SHA-256, or of a registered id. Raises OperationTooComplex for
        a stranger."""
        if (found := self.trusted.find(document_id)) is not None:
            return found
        if self.trusted_only or (found := self.hashes.get(document_id)) is None:
            return None
        return self.read(found.text, stranger=stranger)

    def keep_hashed(self, text: str, digest: str, *, stranger: bool = False) -> Document:
        """Read a document, and let it be named by its SHA-256 from now on. That of a signed-in user
        goes to the larger part at once: strangers could evict it before it is sent again. Raises
        OperationTooComplex, GraphQLSyntaxError."""
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
        """Replace the registered documents: by SHA-256, with the ids of clients."""
        self.trusted = index_trusted(documents)
        for text in self.trusted.texts:  # a second object of a text would have plans of its own
            for part in (self.waiting, self.known):
                if (one := part.kept.get(text)) is not None:
                    part.drop(one)

    def take_parsed(self, text: str, *, stranger: bool) -> Document:
        return self.loaded.pop(text, None) or self.parse(text, stranger)

    def parse(self, text: str, stranger: bool) -> Document:
        limits = self.limits
        most = limits.most_stranger_tokens if stranger else limits.most_tokens
        require("lines", text.count("\n") + text.count("\r"), limits.most_lines)
        parser = Parser(text, max_lexical_tokens=most, max_comments=most)
        try:
            node = parser.parse_document()
        except GraphQLSyntaxError as error:
            if parser._lexical_token_counter > most:  # noqa: SLF001  # the count for this limit
                require("stranger_tokens" if stranger else "tokens", most + 1, most)
            raise remove_values(error) from None
        except RecursionError:
            raise refuse_depth(limits) from None
        unlink_tokens(node)
        costs, traits, refusals = measure_document(self.schema, node, limits)
        if refusals and not self.hides_from(stranger):
            raise next(iter(refusals.values())).problem()
        tokens = parser.token_count
        weight = len(text) + PER_TOKEN * tokens
        reads, validate = is_reading(node), self.validate
        return Document(text, node, tokens, weight, validate, reads, costs, traits, refusals)

    def validate(self, node: DocumentNode, *, form: bool = False) -> Sequence[GraphQLError]:
        rules = RULES_OF_FORM if form else RULES
        return find_errors(self.schema, node, suggest=self.suggests, rules=rules)

    def grow(self, document: Document, weight: int) -> None:
        """Add to the weight of a document."""
        document.weight += weight
        for part in (self.known, self.waiting):
            if part.kept.get(document.text) is document:
                part.add(weight)
