"""`make quick`: what a change touches, in under a minute; `make test` is for the rest.

Changes are those that are not committed, and those that this branch has committed since it left
`main` (`SINCE=HEAD~1` looks from another commit). Nearly all tests go through the whole schema, so
that by imports alone each change would touch them all. So these are chosen, the first of them
first:

1. Tests that changed, whatever they take. Then the rules of the house and the texts, and tests that
   import what changed, directly or through modules of `tests/` alone.
2. Tests of the same feature: of `auth/journal/marks.py`, `tests/journal/test_marks*.py`; and those
   that judge all of a package (`BESIDE`).
3. All other tests of the same room, `tests/journal/`.
4. Of what has no room in `tests/`, the tests of the rooms that import it.

They are run until they have taken `SECONDS` of all workers together, short ones first, as far as
the last runs have told how long each takes. The choice and its reasons are printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PACKAGES = ("gql", "resolvers", "auth", "models")
ALWAYS = ("tests/test_house_rules.py", "tests/test_texts.py")
BESIDE: Mapping[str, tuple[str, ...]] = {
    "auth/": ("tests/authz/test_rights_reviewed.py", "tests/authz/test_matrix.py"),
    "gql/": ("tests/reference/test_breaking.py", "tests/reference/test_contract.py"),
    "gql/engine/": ("tests/engine/test_statements.py", "tests/engine/test_equality.py"),
    "models/": ("tests/database/test_migrate.py",),
    "schema.graphql": ("tests/reference/test_breaking.py",),
}
"""By the beginning of a path, tests that judge all that stands there."""
SECONDS = 50
"""Of all workers together. The start of the tests, linters and types take the rest of a minute."""
UNKNOWN = 4.0
"""Seconds that a file is thought to take of which no run has told."""
NAMED = 5
"""Files that are named for a reason; more are counted."""
KNOWN = ROOT / ".pytest_cache" / "v" / "gorod" / "seconds"


@dataclass
class Choice:
    """The files of tests that a change touches.

    ranks: By file, how close it is to what changed; the closest first.
    reasons: By reason, the files.
    """

    ranks: dict[str, int] = field(default_factory=dict)
    reasons: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rank: int, reason: str, files: Iterable[str]) -> None:
        for file in sorted(set(files) - self.ranks.keys()):
            self.ranks[file] = rank
            self.reasons[reason].append(file)


class Graph:
    """The graph of imports, with the tests."""

    def __init__(self) -> None:
        cache = str(ROOT / ".import_linter_cache")
        self.graph = grimp.build_graph(*PACKAGES, "tests", cache_dir=cache)
        self.tests = {path_of(name) for name in self.graph.modules if is_test(path_of(name))}

    def importers(self, module: str) -> set[str]:
        """Modules that import it themselves."""
        known = module in self.graph.modules
        return self.graph.find_modules_that_directly_import(module) if known else set()

    def tests_of(self, module: str) -> set[str]:
        """Tests that import it, directly or through other modules of `tests/`."""
        found, waiting = set[str](), [module]
        while waiting:
            for one in self.importers(waiting.pop()) - found:
                if one.startswith("tests."):
                    found.add(one)
                    waiting.append(one)
        return {path_of(name) for name in found} & self.tests

    def in_room(self, room: str) -> set[str]:
        return {file for file in self.tests if file.split("/")[1] == room}


def is_test(path: str) -> bool:
    return path.startswith("tests/") and Path(path).name.startswith("test_")


def path_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(path: str) -> str:
    """The folder below that of the package; "" for what stands in the package itself."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 else ""


def chosen(changed: Iterable[str], graph: Graph) -> Choice:
    """The tests that files touch, which are named as Git names them."""
    choice, changed = Choice(), sorted(changed)
    choice.add(0, "changed", graph.tests & set(changed))
    choice.add(1, "always", ALWAYS)
    for path in changed:
        if path.endswith(".py"):
            choice.add(1, f"import {path}", graph.tests_of(module_of(path)))
        else:
            naming = {f for f in graph.tests if Path(path).name in (ROOT / f).read_text()}
            choice.add(1, f"name {path}", naming)
    for path in changed:
        alike = f"test_{Path(path).stem}"
        of_feature = {f for f in graph.in_room(room_of(path)) if Path(f).stem.startswith(alike)}
        choice.add(2, f"are of the feature {path}", of_feature)
        beside = (
            file for start, files in BESIDE.items() if path.startswith(start) for file in files
        )
        choice.add(2, f"judge all of {path.split('/')[0]}", graph.tests & set(beside))
    rooms = {room_of(path) for path in changed} - {""}
    for room in sorted(rooms):
        choice.add(3, f"are of the room {room}", graph.in_room(room))
    for path in changed:
        if path.endswith(".py") and not graph.in_room(room_of(path)):
            for room in sorted({room_of(path_of(m)) for m in graph.importers(module_of(path))}):
                choice.add(4, f"are of {room}, which imports {path}", graph.in_room(room))
    return choice


def cut(ranks: Mapping[str, int], known: Mapping[str, float], seconds: float) -> dict[str, float]:
    """The tests, or files of which nothing is known, for which there is no time, and how long each
    takes. Tests that always run take none of it, and tests that changed are never left out."""
    told = {name.partition("::")[0] for name in known}
    files = ranks.keys() - set(ALWAYS)
    took = {name: spent for name, spent in known.items() if name.partition("::")[0] in files}
    took |= dict.fromkeys(files - told, UNKNOWN)
    left_out, sum_ = {}, 0.0
    for name in sorted(took, key=lambda one: (ranks[one.partition("::")[0]], took[one], one)):
        sum_ += took[name]
        if sum_ > seconds and ranks[name.partition("::")[0]]:
            left_out[name] = took[name]
    return left_out


# -- what changed ---------------------------------------------------------------------


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def beginning(since: str) -> str:
    """The commit from which changes count: that given, or where this branch left the main one."""
    if since:
        if not (found := git("rev-parse", "--verify", f"{since}^{{commit}}")):
            sys.exit(f"There is no commit {since!r}.")
        return found
    for main in ("@{upstream}", "origin/main", "main"):
        if base := git("merge-base", "HEAD", main):
            return base
    return git("rev-parse", "HEAD")


def changes(base: str) -> list[str]:
    """Files that are not as they were, new ones among them; those that are gone, too."""
    found = git("diff", "--name-only", "--no-renames", base).splitlines()
    return sorted({*found, *git("ls-files", "--others", "--exclude-standard").splitlines()})


# -- what is run ----------------------------------------------------------------------


def lines(choice: Choice, left_out: Mapping[str, float]) -> Iterator[str]:
    """Yield lines that say which tests run and why, and which are left out."""
    for reason, files in choice.reasons.items():
        more = f" and {len(files) - NAMED} more" if len(files) > NAMED else ""
        yield f"{len(files):4} files that {reason}: {', '.join(files[:NAMED])}{more}"
    if left_out:
        longest = max(left_out, key=lambda name: left_out[name])
        yield (
            f"Left out for time (SECONDS=… for more): {len(left_out)} of their tests, "
            f"{sum(left_out.values()):.0f} s; the longest {left_out[longest]:.0f} s, {longest}"
        )


def run(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def lint(changed: list[str]) -> list[str]:
    """Run the linters and mypy beside the tests, and return their findings."""
    here = [path for path in changed if path.endswith(".py") and (ROOT / path).exists()]
    checks = [("ruff", "format", "--check", *here), ("ruff", "check", *here)] if here else []
    if any(path.split("/")[0] in (*PACKAGES, "pyproject.toml") for path in changed):
        checks.append(("lint-imports",))
    if here:
        checks.append(("mypy",))
    found = ((words, *run(*words)) for words in checks)
    return [f"{words[0]}:\n{said}" for words, code, said in found if code]


def pytest(choice: Choice, left_out: Mapping[str, float]) -> int:
    files = [file for file in choice.ranks if file not in left_out]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as told:
        told.write("\n".join([*files, *(f"--deselect={name}" for name in left_out)]))
        told.flush()
        words = [str(BIN / "pytest"), "-q", "-n", "auto", f"@{told.name}"]
        return subprocess.run(words, cwd=ROOT, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description="Check what a change touches.")
    parser.add_argument("--since", default="", help="the commit from which changes count")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that tests may take")
    parser.add_argument("--only-choose", action="store_true", help="print the choice, run nothing")
    given, begun = parser.parse_args(), time.monotonic()
    base = beginning(given.since)
    changed = changes(base)
    sys.stdout.write(
        f"{len(changed)} files have changed since {git('log', '-1', '--format=%h %s', base)}\n"
    )
    if not changed:
        sys.stdout.write("SINCE=HEAD~1 looks further back.\n")
        return 0
    choice = chosen(changed, Graph())
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    left_out = cut(choice.ranks, known, given.seconds)
    sys.stdout.write("".join(f"{line}\n" for line in lines(choice, left_out)))
    sys.stdout.flush()
    if given.only_choose:
        return 0
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(lint, changed)
        failed = pytest(choice, left_out)
    for one in found.result():
        sys.stdout.write(f"\n{one}")
    sys.stdout.write(
        f"\n{'Failed' if failed or found.result() else 'Good'}, {time.monotonic() - begun:.0f} s.\n"
    )
    return int(bool(failed or found.result()))


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
