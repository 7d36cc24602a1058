"""What a run is about, as the environment says."""

import os
from dataclasses import dataclass, field

from bench.asks import QUERIES
from bench.servers import PEERS, Peer


def words(name: str, usual: str) -> list[str]:
    return os.environ.get(name, "").split() or usual.split()


def number(name: str, usual: float) -> float:
    return float(os.environ.get(name) or usual)


@dataclass(frozen=True)
class Settings:
    """PEERS, QUERIES: names. SCHOOLS: `1`, `20` or both. CLIENTS: how many ask at once. ROUNDS:
    how often all is measured, each DURATION seconds. QUICK=1: a look whether everything works; its
    figures mean nothing."""

    quick: bool = field(default_factory=lambda: os.environ.get("QUICK", "") not in ("", "0"))

    @property
    def peers(self) -> list[Peer]:
        """Raises ValueError for a peer there is not."""
        names = words("PEERS", " ".join(PEERS))
        if unknown := set(names) - set(PEERS):
            raise ValueError(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
        # What is compared with is always there.
        always = ("engine", "standard", "limit", "limit_best")
        return [peer for name, peer in PEERS.items() if name in (*always, *names)]

    @property
    def queries(self) -> list[str]:
        return words("QUERIES", " ".join(QUERIES))

    @property
    def schools(self) -> list[int]:
        return [int(n) for n in words("SCHOOLS", "1" if self.quick else "1 20")]

    @property
    def clients(self) -> list[int]:
        return [int(n) for n in words("CLIENTS", "16" if self.quick else "1 16 64")]

    @property
    def rounds(self) -> int:
        return int(number("ROUNDS", 1 if self.quick else 3))

    @property
    def seconds(self) -> float:
        return number("DURATION", 2 if self.quick else 5)

    @property
    def many(self) -> int:
        """How many different requests of a query there are."""
        return 64

    def warm(self, peer: Peer) -> int:
        return peer.warm // 10 if self.quick else peer.warm

    def needed(self, schools: int) -> set[str]:
        """Queries to draw asks for; of the first two something is always asked."""
        asked = (q for q in self.queries for p in self.peers if self.asked(p, q, schools))
        return {"Q1", "Q2", *asked}

    def asked(self, peer: Peer, query: str, schools: int) -> bool:
        """With many schools only what shows whether they matter; without rights only what shows
        what rights cost."""
        few = schools > 1 or peer.name == "open"
        return query in (("Q1", "Q2") if few else self.queries) and query in self.queries
