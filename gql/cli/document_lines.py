"""Finding documents and showing them, for `gorod documents`."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gql.cli.backend import ensure_usable, run, use_database
from gql.cli.console import amount, fail, make_console, make_table, print_json, say, show_count
from gql.cli.exchange import escape_formula

if TYPE_CHECKING:
    from gql.engine.cache import Cache
    from gql.settings import Settings
    from gql.trusted.judging import JudgedDocument
    from resolvers.trusted.documents import RegisteredDocument

COLUMNS = ("document", "operations", "ids", "clients", "plans", "registered", "retired")
CLIENT = re.compile(r"[A-Za-z0-9._~-]{1,60}")


def find_registered(current: "Settings") -> "list[RegisteredDocument]":
    from resolvers.trusted.documents import list_documents

    with use_database(current) as target:
        run(ensure_usable(current, target))
        return run(list_documents(target.owner))


def cache_of(current: "Settings") -> "Cache":
    from gql.engine.cache import Cache
    from gql.guard.documents import Documents
    from gql.schema import schema

    core = schema._schema  # noqa: SLF001  # graphql-core's
    return Cache(schema, Documents(core, current, suggests=True))


def check_client(client: str | None) -> None:
    if client is not None and not CLIENT.fullmatch(client):
        told = "1 to 60 letters, digits and - . _ ~"
        raise typer.BadParameter(told, param_hint="--client")


def choose_documents(known: "Sequence[RegisteredDocument]", names: Sequence[str]) -> set[str]:
    """Return the hashes of documents that are named by their SHA-256 or the ids of clients."""
    from gql.trusted.manifests import hash_in

    hashes = {one.hash for one in known}
    holders = {name: one.hash for one in known for name in one.ids}
    found = {name: hash_in(name) or holders.get(name) for name in names}
    if missing := [name for name, key in found.items() if key not in hashes]:
        told = f"there is no document {missing[0]}; `gorod documents list` shows all"
        raise typer.BadParameter(told, param_hint="DOCUMENT")
    return {key for key in found.values() if key}


def line_of(cache: "Cache", one: "RegisteredDocument") -> dict[str, str]:
    """Return a document as a line of a table."""
    from gql.trusted.judging import plans_of, read_document, summarise

    document, faults = read_document(cache.documents, one.text)
    plans = "invalid" if faults or document is None else summarise(run(plans_of(cache, document)))
    days = [f"{at:%Y-%m-%d %H:%M}" if at else "" for at in (one.registered_at, one.retired_at)]
    words = [", ".join(part) for part in (one.operations, sorted(one.ids), one.clients)]
    return dict(zip(COLUMNS, (one.hash, *words, plans, *days), strict=True))


def tell_added(
    cache: "Cache", judged: "Sequence[JudgedDocument]", changes: dict[str, str], as_json: bool
) -> None:
    """Show the change of each document with its plans, and the faults of those that are refused."""
    from gql.trusted.judging import plans_of, summarise

    lines: list[dict[str, Any]] = []
    for one in show_count("Making plans", judged):
        good = one.document if not one.faults else None
        plans = run(plans_of(cache, good)) if good else {}
        lines.append(
            {
                "document": one.hash,
                "operations": list(one.operations),
                "ids": sorted(one.ids),
                "change": "refused" if one.faults else changes.get(one.hash, "not registered"),
                "plans": {role.name: kind for role, kind in plans.items()},
                "errors": one.faults,
            }
        )
        one_line = (one.hash, ", ".join(one.operations), lines[-1]["change"])
        lines[-1]["row"] = [*one_line, summarise(plans) if plans else ""]
    rows = [line.pop("row") for line in lines]
    if as_json:
        print_json(lines)
        return
    make_console().print(make_table(("document", "operations", "change", "plans"), rows))
    for one in judged:
        if one.faults:
            show_faults(one.hash, one.operations, one.files, one.faults)


def tell_ended(ended: "Sequence[RegisteredDocument]", change: str, *, as_json: bool) -> None:
    """Show the documents that are answered no more.

    change: Such as `retired`.
    """
    if as_json:
        print_json(
            [
                {
                    "document": one.hash,
                    "operations": list(one.operations),
                    "ids": sorted(one.ids),
                    "clients": list(one.clients),
                    "change": change,
                }
                for one in ended
            ]
        )
        return
    for one in ended:
        say(f"{one.hash}  {', '.join(one.operations)}")
    say(f"{change.capitalize()}: {amount(len(ended), 'document')}.")


def show_faults(
    key: str, operations: Sequence[str], where: Sequence[str], faults: Sequence[str]
) -> None:
    names = [", ".join(part) for part in (operations, where) if part]
    say("\n".join([f"{key}  {'  '.join(names)}", *(f"    {fault}" for fault in faults)]))


def conclude(
    judged: "Sequence[JudgedDocument]", *, dry_run: bool, leave_out: bool, as_json: bool
) -> None:
    refused = sum(1 for one in judged if one.faults)
    if refused:
        rest = "the others are registered" if leave_out and not dry_run else "nothing is registered"
        fail(f"Refused: {refused} of {amount(len(judged), 'document')}; {rest}.")
    if dry_run and not as_json:
        say("Nothing was registered yet: leave out --dry-run.")


def write_csv(file: Path, lines: Sequence[dict[str, str]]) -> None:
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as output:
            writer = csv.writer(output)
            writer.writerow(COLUMNS)
            writer.writerows([escape_formula(cell) for cell in line.values()] for line in lines)
    except OSError as problem:
        fail(f"{file} cannot be written: {problem.strerror}.")
