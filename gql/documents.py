"""What was found out about documents: clients send the same few again and again, and to find one
valid takes longer than to answer it."""

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")
MOST, LONGEST = 1000, 20_000
"""How many are kept, and of how many characters, so that nobody fills the memory with theirs."""


class Documents(Generic[V]):
    """By their texts and the names of their operations; those used last stay."""

    def __init__(self) -> None:
        self.known: OrderedDict[tuple[str, str | None], V] = OrderedDict()

    def get(self, text: str, name: str | None = None) -> V | None:
        found = self.known.get((text, name))
        if found is not None:
            self.known.move_to_end((text, name))
        return found

    def keep(self, found: V, text: str, name: str | None = None) -> V:
        if len(text) <= LONGEST:
            self.known[text, name] = found
            if len(self.known) > MOST:
                self.known.popitem(last=False)
        return found
