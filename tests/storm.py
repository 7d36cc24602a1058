"""A storm of documents and variables that nobody sends twice, and the memory that they take.

It is a program of its own, as only a process of its own can measure its memory. It prints megabytes
before and after.
"""

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


def make_cheap(number: int) -> tuple[str, Mapping[str, Any]]:
    """Return another document each time, as long as a stranger's may be."""
    fields = " ".join(f"a{number}_{n}: shortName" for n in range(20))
    return f"query Q{number} {{ school {{ {fields} }} }} #{'x' * 12_000}", {}


def make_shaped(number: int) -> tuple[str, Mapping[str, Any]]:
    """Return variables of another shape each time, with values that no cache keeps."""
    branches = [{"fullName": {"in": [f"{number}"] * 90}} for _ in range(1 + number % 20)]
    return FILTERED, {"f": {"or": branches}, "x": f"{number}" * 500}


def measure_memory() -> int:
    """Return the megabytes of this process, without its garbage."""
    gc.collect()
    return measure_resident()


def measure_resident() -> int:
    """Return the megabytes of this process."""
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
        ask(*make_cheap(number))
        ask(*make_shaped(number))
    before = measure_memory()
    for number in range(WARM, WARM + documents):
        ask(*make_cheap(number))
    for number in range(WARM, WARM + shapes):
        ask(*make_shaped(number))
    print(before, measure_memory())  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
