"""Documents found valid: clients send the same few again and again, and to find one valid takes
longer than to answer it."""

from collections import OrderedDict
from dataclasses import dataclass, field

from graphql import DocumentNode

MOST, LONGEST = 1000, 20_000
"""How many are kept, and of how many characters, so that nobody fills the memory with theirs."""


@dataclass
class Documents:
    """By their texts; those used last stay."""

    known: OrderedDict[str, DocumentNode] = field(default_factory=OrderedDict)

    def get(self, text: str) -> DocumentNode | None:
        if text not in self.known:
            return None
        self.known.move_to_end(text)
        return self.known[text]

    def keep(self, text: str, document: DocumentNode) -> None:
        if len(text) > LONGEST:
            return
        self.known[text] = document
        if len(self.known) > MOST:
            self.known.popitem(last=False)
