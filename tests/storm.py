"""A storm of documents and variables that nobody sends twice, and what is kept of them. It runs by
itself, as only a process of its own tells its memory: prints megabytes before and after."""

import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gql.engine.cache import Cache
from gql.engine.plan import REFUSING_ERRORS
from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.schema import schema
from gql.trusted.preparing import default_grants, make_actor
from models.access.roles import Role

FILTERED = "query ($f: StudentFilter) { students(filter: $f) { totalCount nodes { id } } }"
WARM = 30
DEPUTY = make_actor(Role.DEPUTY_DIRECTOR, default_grants()[Role.DEPUTY_DIRECTOR])


def cheap(number: int) -> tuple[str, Mapping[str, Any]]:
    """Another document each time, as long as a stranger's may be."""
    fields = " ".join(f"a{number}_{n}: shortName" for n in range(20))
    return f"query Q{number} {{ school {{ {fields} }} }} #{'x' * 12_000}", {}


def shaped(number: int) -> tuple[str, Mapping[str, Any]]:
    """Variables of another shape each time, with values that are kept by nobody."""
    branches = [{"fullName": {"in": [f"{number}"] * 90}} for _ in range(1 + number % 20)]
    return FILTERED, {"f": {"or": branches}, "x": f"{number}" * 500}


def memory() -> int:
    """Megabytes of this process, without its garbage."""
    gc.collect()
    return resident()


def resident() -> int:
    """Megabytes of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(one.split()[1]) // 1024 for one in lines if one.startswith("VmRSS"))


def main(documents: int, shapes: int) -> None:
    kept = Documents(schema._schema, Limits(most_kept=16))  # noqa: SLF001  # graphql-core's
    cache = Cache(schema, kept)

    def ask(text: str, variables: Mapping[str, Any]) -> None:
        compiled = cache.operation(kept.read(text), None)
        assert compiled
        try:
            assert compiled.plan(DEPUTY.viewer, variables) or cache.make_and_keep(
                compiled, DEPUTY, variables
            )
        except REFUSING_ERRORS as problem:
            raise AssertionError(repr(problem)) from problem

    for number in range(WARM):
        ask(*cheap(number))
        ask(*shaped(number))
    before = memory()
    for number in range(WARM, WARM + documents):
        ask(*cheap(number))
    for number in range(WARM, WARM + shapes):
        ask(*shaped(number))
    print(before, memory())  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
