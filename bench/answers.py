"""Comparison of the servers' answers: the same JSON, after parsing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import postgraphile
from bench.asks import WRITES, Ask
from bench.loader import Failed, Request, load_one
from bench.servers import Server

HERE = Path(__file__).parent


def request_of(server: Server, query: str, ask: Ask) -> Request:
    writes = query in WRITES
    if server.peer.rest:
        known = {"school": ask.school_id, "person": ask.person_id}
        return ask.request(f"/{query}", {"variables": ask.variables, **known}, writes=writes)
    folder = HERE / "peers" / server.name if server.peer.own else HERE / "queries"
    variables = postgraphile.variables(ask.variables) if server.peer.own else ask.variables
    document = (folder / f"{query}.graphql").read_text()
    body = {"query": document, "variables": variables}
    return ask.request("/graphql", body, writes=writes)


async def answer_of(server: Server, query: str, ask: Ask, request: Request) -> Any:
    """Return the parsed `data`. Raises Failed for an answer without it."""
    data = json.loads(await load_one(server.port, request))["data"]
    if server.peer.own:
        data = postgraphile.fold(query, ask.school_id, data)
    if request.version is not None:
        data["setMark"]["mark"]["version"] -= request.version  # each answer increments it
    return data


async def code_of_refusal(server: Server, query: str, ask: Ask) -> str | None:
    """Return the code by which a write is refused; None if it is not."""
    request = replace(request_of(server, query, ask), writes=False)  # which may be refused
    data = json.loads(await load_one(server.port, request))["data"]
    [payload] = data.values()
    codes = [error["code"] for error in payload["userErrors"]]
    return codes[0] if codes else None


def compare(query: str, found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Compare answers. Raises Failed with the path of the first difference."""
    for theirs, ours in zip(found, expected, strict=True):
        if theirs != ours:
            raise Failed(f"{query} differs at {difference(theirs, ours)}")


def difference(theirs: Any, ours: Any, path: str = "data") -> str:
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(key, theirs[key], value) for key, value in ours.items()]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(str(n), *pair) for n, pair in enumerate(zip(theirs, ours, strict=True))]
    else:
        return f"{path}: {str(theirs)[:300]} where others say {str(ours)[:300]}"
    return next(difference(a, b, f"{path}.{key}") for key, a, b in pairs if a != b)
