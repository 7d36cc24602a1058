"""Figures from inside of Gorod: see peers/gorod/inside.py."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

from bench.asks import HERE, READS, Ask
from bench.data import KEPT
from bench.places import Place
from bench.servers import OURS, PEERS, environment
from gql.cli.console import say

ROOT = HERE.parent


@dataclass(frozen=True)
class Inside:
    """Figures from inside of Gorod.

    calls: Of Python functions, for a cached request of a query.
    cold: Milliseconds of compiling a new Q2.
    plans: The kind of plan of each published operation.
    """

    calls: dict[str, int] = field(default_factory=dict)
    cold: float | None = None
    plans: dict[str, str] = field(default_factory=dict)


def look(place: Place, queries: Sequence[str]) -> Inside:
    """Measure the figures; they are empty if they cannot be measured."""
    given = {
        "cached": {query: read_ask(place, query) for query in queries if query in READS},
        "cold": read_ask(place, "Q2"),
        "documents": documents(place),
    }
    done = subprocess.run(
        [OURS, "peers/gorod/inside.py"],
        cwd=HERE,
        env=environment(PEERS["engine"], place.cluster, place.schools, 0, KEPT / "logs"),
        input=json.dumps(given).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        say(f"  Gorod's inside: {done.stderr.decode()[-2000:]}")
        return Inside()
    return Inside(**json.loads(done.stdout))


def read_ask(place: Place, query: str) -> dict[str, Any]:
    document = (HERE / "queries" / f"{query}.graphql").read_text()
    ask = place.asks[query][0]
    return {"token": ask.token, "query": document, "variables": ask.variables}


def documents(place: Place) -> dict[str, dict[str, Any]]:
    """Return the queries of the README and the examples, with variables of a person who may read
    them."""
    readme = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    found = {f"README {number}": text for number, text in enumerate(readme, 1)}
    found |= {file.stem: file.read_text() for file in sorted((ROOT / "examples").glob("*.graphql"))}
    asks = place.asks["Q2"][0], place.asks["Q1"][0]
    return {
        name: {"token": ask.token, "query": text, "variables": ask.variables}
        for name, text in found.items()
        if reads(text)
        for ask in [best(asks, text)]
    }


def reads(text: str) -> bool:
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return False
    operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
    return all(one.operation is OperationType.QUERY for one in operations)


def best(asks: tuple[Ask, ...], text: str) -> Ask:
    """Return the ask whose variables fit; the last one, of a parent, if there are none."""
    wanted = set(re.findall(r"\$(\w+)", text))
    return next((ask for ask in asks if wanted and wanted <= ask.variables.keys()), asks[-1])
