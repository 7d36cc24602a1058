"""The settings of a run, read from the command line and the environment."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.asks import GROUP_WRITES, QUERIES
from bench.servers import PEERS, Peer, make_before

ALWAYS = ("engine", "standard", "limit", "limit_best")
"""The servers of the comparison, which PEERS cannot leave out; `--servers` can."""
ALIASES = {"gorod": "engine"}


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    quick: Whether it is a short run to see whether all works; its figures mean nothing.
    is_choice: Whether a part of the bench was chosen on the command line.
    schools: `1`, `20` or both.
    clients: The numbers of connections.
    rounds: The number of measurements, each of so many seconds.
    before: The checkout of another commit to measure beside this one.
    """

    quick: bool
    is_choice: bool
    peers: Sequence[Peer]
    queries: Sequence[str]
    schools: Sequence[int]
    clients: Sequence[int]
    rounds: int
    seconds: float
    before: Path | None = None

    @property
    def titles(self) -> dict[str, str]:
        """Return the titles of the servers by their names."""
        return {peer.name: peer.title for peer in self.peers}

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
        queries are measured; the writes about a class only of some peers."""
        if query in GROUP_WRITES and not peer.has_group_writes:
            return False
        few = schools > 1 or peer.name == "open"
        return query in (("Q1", "Q2") if few else self.queries) and query in self.queries


def words(name: str, usual: str) -> list[str]:
    return os.environ.get(name, "").split() or usual.split()


def number(name: str, usual: float) -> float:
    return float(os.environ.get(name) or usual)


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Read the settings. The variables: PEERS and QUERIES, names; SCHOOLS, CLIENTS, ROUNDS,
    DURATION, as `Settings` describes them; QUICK=1."""
    parser = ArgumentParser(prog="python -m bench", description="Measure servers side by side.")
    parser.add_argument("--queries", nargs="+", choices=QUERIES, help="only these queries")
    parser.add_argument(
        "--servers", nargs="+", choices=[*ALIASES, *PEERS], help="these servers and no others"
    )
    parser.add_argument(
        "--before", type=Path, metavar="PATH",
        help="measure this checkout of another commit, which has a .venv, in the same rounds",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    names = given.servers or [*ALWAYS, *words("PEERS", " ".join(PEERS))]
    wanted = {ALIASES.get(name, name) for name in names}
    if unknown := wanted - set(PEERS):
        parser.error(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    peers = [peer for name, peer in PEERS.items() if name in wanted]
    before = given.before.resolve() if given.before else None
    if before:
        if not (before / ".venv/bin/gorod").exists():
            parser.error(f"{before} is no checkout of Gorod with a .venv")
        place = next((n for n, peer in enumerate(peers, 1) if peer.name == "engine"), len(peers))
        peers.insert(place, make_before(before))  # so that the two are measured in succession
    quick = os.environ.get("QUICK", "") not in ("", "0")
    return Settings(
        quick=quick,
        is_choice=bool(given.queries or given.servers or before),
        peers=peers,
        queries=given.queries or words("QUERIES", " ".join(QUERIES)),
        schools=[int(n) for n in words("SCHOOLS", "1" if quick else "1 20")],
        clients=[int(n) for n in words("CLIENTS", "16" if quick else "1 16 64")],
        rounds=int(number("ROUNDS", 1 if quick else 3)),
        seconds=number("DURATION", 2 if quick else 5),
        before=before,
    )
