"""`gorod documents`, as an operator types it."""

import asyncio
import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from asyncpg import InsufficientPrivilegeError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from resolvers.trusted.documents import Change, RegisteredDocument, list_documents, register, retire
from tests.cli.conftest import Run
from tests.clones import Clones
from tests.documents.conftest import DATA, sha256
from tests.postgres import Server

APOLLO = str(DATA / "apollo.json")
CUSTOM = str(DATA / "codegen-custom.json")
BAD = "{ viewr { fullName } }"
DEEP = "{ viewer " + "{ children " * 20 + "{ id }" + " }" * 20 + " }"


def read_lines(gorod: Run) -> list[dict[str, Any]]:
    listed = gorod("list", "--json")
    assert listed.exit_code == 0, listed.output
    found: list[dict[str, Any]] = json.loads(listed.stdout)
    return found


def write_manifest(folder: Path, documents: dict[str, str]) -> str:
    file = folder / "manifest.json"
    file.write_text(json.dumps(documents))
    return str(file)


def test_a_manifest_is_registered_and_each_document_says_how_it_is_answered(gorod: Run) -> None:
    added = gorod("add", APOLLO, "--client", "web", "--json")
    assert added.exit_code == 0, added.output
    told = {line["operations"][0]: line for line in json.loads(added.stdout)}
    assert {line["change"] for line in told.values()} == {"new"}
    assert set(told["Board"]["plans"].values()) == {"compiled"}
    assert set(told["SignIn"]["plans"].values()) == {"standard"}
    kept = {line["operations"][0]: line for line in read_lines(gorod)}
    assert kept.keys() == told.keys()
    assert kept["Board"]["document"] == sha256(kept["Board"]["text"])
    assert (kept["Board"]["clients"], kept["Board"]["plans"]) == (["web"], "compiled")


def test_the_second_time_nothing_changes(gorod: Run) -> None:
    assert gorod("add", CUSTOM).exit_code == 0
    before = read_lines(gorod)
    again = gorod("add", CUSTOM, "--json")
    assert {line["change"] for line in json.loads(again.stdout)} == {"unchanged"}
    assert read_lines(gorod) == before


def test_a_document_of_two_clients_is_kept_until_neither_has_it(gorod: Run) -> None:
    for client in ("web", "phone"):
        assert gorod("add", APOLLO, "--client", client).exit_code == 0
    assert read_lines(gorod)[0]["clients"] == ["phone", "web"]
    assert "Retired: 0" in gorod("retire", "--client", "phone").stdout
    assert "Retired: 4" in gorod("retire", "--client", "web").stdout
    assert all(line["retired"] for line in read_lines(gorod))


def test_what_was_retired_and_removed_is_told_to_programs(gorod: Run, tmp_path: Path) -> None:
    file = write_manifest(tmp_path, {"web-who": "query Who { viewer { fullName } }"})
    assert gorod("add", file, "--client", "web").exit_code == 0
    key = read_lines(gorod)[0]["document"]
    line = {"document": key, "operations": ["Who"], "ids": ["web-who"], "clients": ["web"]}
    for words, told in (
        (("retire", "web-who", "--dry-run"), [line | {"change": "would be retired"}]),
        (("retire", "web-who"), [line | {"change": "retired"}]),
        (("retire", "web-who"), []),
        (("remove", key, "--yes"), [line | {"change": "removed"}]),
    ):
        done = gorod(*words, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == told
    assert read_lines(gorod) == []


def test_a_dry_run_says_what_would_change_and_changes_nothing(gorod: Run) -> None:
    tried = gorod("add", APOLLO, "--dry-run", "--json")
    assert tried.exit_code == 0
    assert {line["change"] for line in json.loads(tried.stdout)} == {"new"}
    assert "Nothing was registered yet" in gorod("add", APOLLO, "--dry-run").stdout
    assert read_lines(gorod) == []


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (BAD, "Did you mean 'viewer'? (line 1, column 3)"),
        ("{ viewer", "Syntax Error: Expected Name, found <EOF>"),
        (DEEP, "it is over the limit of `depth`: Fields may stand up to 12 deep"),
        ("fragment Name on Viewer { fullName }", "it has no operation"),
        ("type Query { a: Int }", "The 'Query' definition is not executable"),
        ("query A { __typename } query A { __typename }", "only one operation named 'A'"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(40)) + " }", "limit of `aliases`"),
    ],
)
def test_a_bad_document_is_refused_with_its_reason_and_nothing_is_registered(
    gorod: Run, tmp_path: Path, bad: str, told: str
) -> None:
    file = write_manifest(tmp_path, {"good": "{ __typename }", "bad": bad})
    refused = gorod("add", file)
    assert refused.exit_code == 1
    assert told in refused.stdout
    assert "Refused: 1 of 2 documents; nothing is registered." in refused.stderr
    assert read_lines(gorod) == []


def test_the_good_ones_are_registered_where_that_is_wanted(gorod: Run, tmp_path: Path) -> None:
    file = write_manifest(tmp_path, {"good": "{ __typename }", "bad": BAD})
    added = gorod("add", file, "--leave-out")
    assert (added.exit_code, "the others are registered" in added.stderr) == (1, True)
    assert [line["ids"] for line in read_lines(gorod)] == [["good"]]


def test_a_wrong_hash_is_refused(gorod: Run, tmp_path: Path) -> None:
    refused = gorod("add", write_manifest(tmp_path, {"0" * 64: "{ __typename }"}))
    assert (refused.exit_code, "is not the SHA-256 of its text" in refused.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "no-such-file.json"), "does not exist"),
        (("add", "."), "is a directory"),
        (("add",), "Missing argument"),
        (("add", APOLLO, "--client", "a b"), "1 to 60 letters"),
        (("retire",), "name documents, or say --client"),
        (("retire", "nothing"), "there is no document nothing"),
        (("remove",), "name documents"),
        (("check", "--schema", "no-such-file.graphql"), "cannot be read"),
        (("check", "--schema", APOLLO), "holds no schema"),
    ],
)
def test_what_is_asked_wrongly_is_told_with_code_2(
    gorod: Run, words: tuple[str, ...], told: str
) -> None:
    refused = gorod(*words)
    said = refused.output + str(refused.exception)
    assert told in said.replace("\n", " "), said
    assert getattr(refused.exception, "exit_code", refused.exit_code) == 2


def test_an_id_of_another_document_is_refused_until_that_is_retired(
    gorod: Run, tmp_path: Path
) -> None:
    first = gorod("add", write_manifest(tmp_path, {"web-who": "{ viewer { fullName } }"}))
    assert first.exit_code == 0, first.output
    other = write_manifest(tmp_path, {"web-who": "{ viewer { role } }"})
    refused = gorod("add", other)
    assert refused.exit_code == 1
    assert "its id 'web-who' stands for the document" in refused.stdout
    assert gorod("retire", "web-who").exit_code == 0
    assert gorod("add", other).exit_code == 0
    old, new = read_lines(gorod)
    assert (old["ids"], bool(old["retired"]), new["ids"]) == ([], True, ["web-who"])


def test_two_documents_of_one_manifest_cannot_share_an_id(gorod: Run, tmp_path: Path) -> None:
    two = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, asked in zip(two, ("{ __typename }", "{ b: __typename }"), strict=True):
        file.write_text(json.dumps({"same": asked}))
    refused = gorod("add", *map(str, two))
    assert (refused.exit_code, "its id 'same' stands for" in refused.stdout) == (1, True)
    assert read_lines(gorod) == []


def test_what_was_retired_is_registered_again(gorod: Run) -> None:
    gorod("add", CUSTOM)
    assert "Retired: 1" in gorod("retire", "web-Board").stdout
    assert "Retired: 0" in gorod("retire", "web-Board").stdout
    again = json.loads(gorod("add", CUSTOM, "--json").stdout)
    changes = {line["operations"][0]: line["change"] for line in again}
    assert (changes["Board"], changes["SignIn"]) == ("registered again", "unchanged")
    assert not any(line["retired"] for line in read_lines(gorod))


def test_an_older_release_is_retired_but_for_what_the_new_one_has(
    gorod: Run, tmp_path: Path
) -> None:
    gorod("add", CUSTOM, "--client", "web")
    kept = json.loads(Path(CUSTOM).read_text())
    new = write_manifest(tmp_path, {"web-Board": kept["web-Board"]})
    tried = gorod("retire", "--client", "web", "--keep", new, "--dry-run")
    assert "Would be retired: 3 documents." in tried.stdout
    assert not any(line["retired"] for line in read_lines(gorod))
    assert "Retired: 3" in gorod("retire", "--client", "web", "--keep", new).stdout
    assert [line["ids"] for line in read_lines(gorod) if not line["retired"]] == [["web-Board"]]


def test_what_is_removed_is_gone_with_its_ids(gorod: Run) -> None:
    gorod("add", CUSTOM)
    asked = gorod("remove", "web-Board")
    assert (asked.exit_code, "Say --yes" in asked.stderr, len(read_lines(gorod))) == (1, True, 4)
    assert "Removed: 1 document." in gorod("remove", "web-Board", "--yes").stdout
    assert ["web-Board"] not in [line["ids"] for line in read_lines(gorod)]


def test_the_list_is_a_table_and_a_file_for_a_spreadsheet(gorod: Run, tmp_path: Path) -> None:
    assert "No documents are registered" in gorod("list").stdout
    gorod("add", CUSTOM)
    drawn = gorod("list").stdout
    assert ("web-Board" in drawn, "compiled" in drawn) == (True, True)
    file = tmp_path / "list.csv"
    assert gorod("list", "--csv", str(file)).exit_code == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert {line["operations"] for line in lines} == {"Board", "BoardEvents", "DiaryWeek", "SignIn"}


# -- what a change of the schema breaks -------------------------------------------------


def test_documents_that_a_schema_breaks_are_named_with_their_errors(
    gorod: Run, tmp_path: Path
) -> None:
    gorod("add", APOLLO, "--client", "web")
    assert "Valid: 4 documents." in gorod("check").stdout
    ours = (Path(__file__).parents[2] / "schema.graphql").read_text()
    changed = tmp_path / "next.graphql"
    changed.write_text(ours)
    assert gorod("check", "--schema", str(changed)).exit_code == 0
    changed.write_text(ours.replace("  isRead: Boolean", "  wasRead: Boolean"))
    broken = gorod("check", "--schema", str(changed))
    assert broken.exit_code == 1
    assert "Board  web" in broken.stdout
    assert "Cannot query field 'isRead' on type 'Notice'" in broken.stdout
    assert "Broken: 1 of 4 documents." in broken.stderr
    [told] = json.loads(gorod("check", "--schema", str(changed), "--json").stdout)
    assert (told["operations"], len(told["errors"])) == (["Board"], 1)


def test_retired_documents_break_nothing(gorod: Run, tmp_path: Path) -> None:
    gorod("add", APOLLO, "--client", "web")
    gorod("retire", "--client", "web")
    other = tmp_path / "other.graphql"
    other.write_text("type Query { a: Int }")
    assert "Valid: 0 documents." in gorod("check", "--schema", str(other)).stdout


def test_documents_that_are_over_the_limits_of_today_are_named(
    gorod: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    gorod("add", APOLLO)
    monkeypatch.setenv("GOROD_MOST_DEPTH", "3")
    broken = gorod("check")
    assert (
        broken.exit_code,
        "limit of `depth`: Fields may stand up to 3 deep" in broken.stdout,
    ) == (1, True)


@pytest.mark.parametrize("words", [("add", CUSTOM), ("list",), ("check",)])
def test_a_terminal_shows_how_far_it_is(
    gorod: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    gorod("add", APOLLO)
    assert " of " not in gorod(*words).stderr, "nobody watches"
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    watched = gorod(*words)
    assert re.search(r"([1-9]) of \1", watched.stderr)
    assert " of " not in watched.stdout, "a program may read it"


# -- the database ----------------------------------------------------------------------


ONE = RegisteredDocument(sha256("{ __typename }"), "{ __typename }", (), frozenset({"one"}))


async def test_two_who_register_the_same_at_once_register_it_once(
    postgres: Server, database: str, clones: Clones
) -> None:
    clones.written = True
    url = postgres.url("postgres", database)
    both = await asyncio.gather(*(register(url, [ONE], client=name) for name in ("a", "b")))
    changes = sorted(plan.changes[ONE.hash].name for plan in both)
    assert changes == [Change.MORE.name, Change.NEW.name]
    [found] = await list_documents(url)
    assert (found.clients, found.ids) == (("a", "b"), frozenset({"one"}))


async def test_of_two_documents_that_want_one_id_at_once_one_gets_it(
    postgres: Server, database: str, clones: Clones
) -> None:
    clones.written = True
    url = postgres.url("postgres", database)
    other = RegisteredDocument(
        sha256("{ b: __typename }"), "{ b: __typename }", (), frozenset({"one"})
    )
    both = await asyncio.gather(*(register(url, [document]) for document in (ONE, other)))
    assert sorted(len(plan.taken) for plan in both) == [0, 1]
    assert len(await list_documents(url)) == 1


async def test_what_is_cut_off_half_way_has_registered_nothing(
    postgres: Server, database: str, clones: Clones
) -> None:
    """The second document is one that the database refuses, after the first was written."""
    clones.written = True
    url = postgres.url("postgres", database)
    with pytest.raises(Exception, match="ck_trusted_documents_hash"):
        await register(url, [ONE, RegisteredDocument("00" * 32, "{ b: __typename }")])
    assert await list_documents(url) == []


async def test_each_change_has_a_revision_of_its_own(
    postgres: Server, database: str, clones: Clones, sql: AsyncConnection
) -> None:
    clones.written = True
    url, seen = postgres.url("postgres", database), []
    last = text("SELECT count(*), max(revision) FROM trusted_documents")
    steps = [
        lambda: register(url, [ONE]),
        lambda: register(url, [ONE], client="web"),
        lambda: retire(url, [ONE.hash]),
        lambda: register(url, [ONE]),
    ]
    for step in steps:
        await step()  # type: ignore[no-untyped-call]
        seen.append((await sql.execute(last)).one())
    assert len(set(seen)) == len(steps)
    await register(url, [ONE])
    assert (await sql.execute(last)).one() == seen[-1]


@pytest.mark.parametrize(
    "deed",
    [
        "INSERT INTO trusted_documents (hash, text, operations, clients, registered_at)"
        " VALUES (sha256('{a}'), '{a}', '{}', '{}', now())",
        "INSERT INTO trusted_document_ids (id, hash) VALUES ('a', '')",
        "UPDATE trusted_documents SET text = '{b}'",
        "DELETE FROM trusted_documents",
        "DELETE FROM trusted_document_ids",
    ],
)
async def test_the_product_itself_can_register_nothing(engine: AsyncEngine, deed: str) -> None:
    async with engine.connect() as product:
        with pytest.raises(DBAPIError) as refused:
            await product.execute(text(deed))
        assert isinstance(
            getattr(refused.value.orig, "__cause__", None), InsufficientPrivilegeError
        )
        await product.rollback()
        assert await product.scalar(text("SELECT count(*) FROM trusted_documents")) == 0
