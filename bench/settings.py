"""The settings of a run, read from the environment."""

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
    """The settings of a run. PEERS, QUERIES: names. SCHOOLS: `1`, `20` or both. CLIENTS: the
    numbers of connections. ROUNDS: the number of measurements, each of DURATION seconds. QUICK=1: a
    short run to see whether all works; its figures mean nothing."""

    quick: bool = field(default_factory=lambda: os.environ.get("QUICK", "") not in ("", "0"))

    @property
    def peers(self) -> list[Peer]:
        """Return the peers to measure. Raises ValueError for an unknown one."""
        names = words("PEERS", " ".join(PEERS))
        if unknown := set(names) - set(PEERS):
            raise ValueError(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
        # The servers of the comparison are always included.
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
        """The number of different requests per query."""
        return 64

    def warm(self, peer: Peer) -> int:
        return peer.warm // 10 if self.quick else peer.warm

    def find_needed(self, schools: int) -> set[str]:
        """Return the queries that need asks; the first two always do."""
        asked = (q for q in self.queries for p in self.peers if self.is_asked(p, q, schools))
        return {"Q1", "Q2", *asked}

    def is_asked(self, peer: Peer, query: str, schools: int) -> bool:
        """Whether a peer gets a query. With many schools, and for the peer without rights, only two
        queries are measured."""
        few = schools > 1 or peer.name == "open"
        return query in (("Q1", "Q2") if few else self.queries) and query in self.queries
