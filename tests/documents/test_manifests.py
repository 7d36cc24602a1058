"""Manifests: how the operator's files are read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gql.guard.documents import Documents
from gql.guard.limits import Limits
from gql.trusted.judging import judge
from gql.trusted.manifests import ManifestUnreadable, read_manifest
from tests.documents.conftest import CORE, DATA, sha256

Write = Callable[[Any], Path]
TEXT = "{ __typename }"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def manifest(tmp_path: Path) -> Write:
    def write(content: Any, name: str = "manifest.json") -> Path:
        file = tmp_path / name
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


@pytest.mark.parametrize(
    ("name", "number", "own_ids"),
    [
        ("apollo", 4, 0),
        ("codegen-sha256", 4, 0),
        ("codegen-sha1", 4, 4),
        ("codegen-custom", 4, 4),
        ("relay-sha256", 3, 0),
        ("relay-sha1", 3, 3),
        ("relay-md5", 3, 3),
    ],
)
def test_the_manifest_of_each_tool_is_read_with_the_ids_its_clients_send(
    name: str, number: int, own_ids: int
) -> None:
    entries = read_manifest(DATA / f"{name}.json")
    assert len(entries) == number
    assert [entry.fault() for entry in entries] == [None] * number
    assert len([entry for entry in entries if entry.client_id]) == own_ids
    assert all(entry.hash == sha256(entry.text) for entry in entries)


def test_a_plain_file_is_one_document_to_the_last_newline(manifest: Any) -> None:
    [entry] = read_manifest(manifest(f"{TEXT}\n", "who.graphql"))
    assert (entry.text, entry.client_id) == (f"{TEXT}\n", None)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("0" * 64, "is not the SHA-256 of its text"),
        ("sha256:" + "0" * 64, "is not the SHA-256 of its text"),
        ("0" * 40, "is not the SHA-1 of its text"),
        ("0" * 32, "is not the MD5 of its text"),
        ("sha256:" + "0" * 63, "is not `sha256:` and 64 hexadecimal digits"),
        ("no spaces", "cannot be used"),
        ("x" * 201, "cannot be used"),
        ("", "cannot be used"),
        ("sha512:abc", "cannot be used"),
    ],
)
def test_an_id_that_is_not_that_of_its_text_is_refused(
    manifest: Write, key: str, told: str
) -> None:
    [entry] = read_manifest(manifest({key: TEXT}))
    assert told in (entry.fault() or "")


@pytest.mark.parametrize("key", [sha256(TEXT), sha256(TEXT).upper(), f"sha256:{sha256(TEXT)}"])
def test_a_sha256_is_no_id_of_its_own(manifest: Write, key: str) -> None:
    [entry] = read_manifest(manifest({key: TEXT}))
    assert (entry.fault(), entry.client_id) == (None, None)


APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": []}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        (b"\xff\xfe", "is no text in UTF-8"),
        ("[]", "is no manifest"),
        ("null", "is no manifest"),
        ("{}", "holds no documents"),
        ({"a": 1}, "has no text for 'a'"),
        ({"a": {"b": TEXT}}, "has no text for 'a'"),
        ('{"a": "{ __typename }", "a": "{ b: __typename }"}', "has 'a' twice"),
        ({"a": "{ \0 }"}, "NUL or half a character"),
        ('{"a": "\\ud800"}', "NUL or half a character"),
        ({**APOLLO, "version": 2}, "version 2"),
        ({**APOLLO, "version": True}, "version True"),
        ({**APOLLO, "format": "other"}, "format 'other'"),
        (APOLLO, "holds no documents"),
        ({**APOLLO, "operations": {}}, "is no manifest of Apollo"),
        ({**APOLLO, "operations": [{"id": "a"}]}, "is no manifest of Apollo"),
        ({**APOLLO, "operations": ["a"]}, "is no manifest of Apollo"),
    ],
)
def test_a_file_that_is_no_manifest_is_named_with_what_it_should_be(
    manifest: Write, content: Any, told: str
) -> None:
    file = manifest(content)
    with pytest.raises(ManifestUnreadable) as refused:
        read_manifest(file)
    assert told in str(refused.value)
    assert str(file) in str(refused.value)


def test_the_manifest_of_the_examples_can_be_registered() -> None:
    documents = Documents(CORE, Limits())
    judged = judge(documents, read_manifest(ROOT / "examples" / "trusted-documents.json"))
    assert [one.faults for one in judged] == [[]] * 4
    assert judged[0].hash in (ROOT / "README.md").read_text()
