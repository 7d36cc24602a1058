"""Manifests: files with the documents of a client, which build tools write.

The client preset of GraphQL Code Generator and Relay write a JSON object of texts by id. Apollo
writes an object with its format and a list of operations. A file `.graphql` or `.gql` is one
document.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from models.operator import OperatorProblem
from models.trusted.documents import CLIENT_ID, MOST_ID

PLAIN = (".graphql", ".gql")
APOLLO, VERSION = "apollo-persisted-query-manifest", 1
PREFIX = "sha256:"
SHA256 = re.compile(r"[0-9a-fA-F]{64}")
DIGESTS: Mapping[int, tuple[str, Callable[..., Any]]] = {
    32: ("MD5", hashlib.md5),
    40: ("SHA-1", hashlib.sha1),
    64: ("SHA-256", hashlib.sha256),
}
"""The hashes that tools use as ids, by the number of hexadecimal digits."""
HEX = re.compile(r"[0-9a-f]+")
SHAPES = (
    "a manifest is a JSON object of texts by their ids (GraphQL Code Generator, Relay), one of "
    f'"format": "{APOLLO}" (Apollo), or a file that ends with .graphql or .gql'
)


class ManifestUnreadable(OperatorProblem):
    """A file is no manifest. The text names the file and the expected format."""

    exit_code: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """A document of a manifest.

    id: In the manifest; None in a plain file.
    """

    text: str
    id: str | None
    file: Path

    @property
    def hash(self) -> str:
        return sha256_of(self.text)

    @property
    def client_id(self) -> str | None:
        """The id for clients, if it is not its SHA-256."""
        return self.id if self.id and hash_in(self.id) is None else None

    def fault(self) -> str | None:
        """Return the fault of its id; None if it may be used."""
        if self.id is None:
            return None
        digits = self.id.removeprefix(PREFIX)
        if self.id.startswith(PREFIX) and not SHA256.fullmatch(digits):
            return f"its id {self.id!r} is not `{PREFIX}` and 64 hexadecimal digits"
        if HEX.fullmatch(digits.lower()) and len(digits) in DIGESTS:
            name, digest = DIGESTS[len(digits)]
            if digits.lower() != digest(self.text.encode(), usedforsecurity=False).hexdigest():
                return f"its id {self.id!r} is not the {name} of its text: make the manifest anew"
        elif not re.fullmatch(CLIENT_ID, self.id) or len(self.id) > MOST_ID:
            return (
                f"its id {self.id[:MOST_ID]!r} cannot be used: take letters, digits and - . _ ~, "
                f"at most {MOST_ID}"
            )
        return None


def sha256_of(text: str) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_in(name: str) -> str | None:
    """Return the SHA-256 in an id, with or without its prefix; None for any other id."""
    digits = name.removeprefix(PREFIX)
    return digits.lower() if SHA256.fullmatch(digits) else None


def read_manifests(files: Iterable[Path]) -> list[Entry]:
    """Return the documents of all files. Raises ManifestUnreadable."""
    return [entry for file in files for entry in read_manifest(file)]


def read_manifest(file: Path) -> list[Entry]:
    """Return the documents of a file. Raises ManifestUnreadable."""
    text = read_text(file)
    if file.suffix in PLAIN:
        return [Entry(text, None, file)]
    try:
        found = json.loads(text, object_pairs_hook=refuse_repeated)
    except RepeatedKey as twice:
        raise ManifestUnreadable(f"{file} has {str(twice)!r} twice.") from None
    except (ValueError, RecursionError) as problem:
        raise ManifestUnreadable(f"{file} is no JSON ({problem}): {SHAPES}.") from problem
    entries = list(read_entries(found, file))
    if not entries:
        raise ManifestUnreadable(f"{file} holds no documents.")
    return entries


def read_text(file: Path) -> str:
    """Read a file in UTF-8. Raises ManifestUnreadable."""
    try:
        text = file.read_bytes().decode("utf-8-sig" if file.suffix not in PLAIN else "utf-8")
    except UnicodeDecodeError as problem:
        raise ManifestUnreadable(f"{file} is no text in UTF-8.") from problem
    except OSError as problem:
        raise ManifestUnreadable(f"{file} cannot be read: {problem.strerror}.") from problem
    return text


def read_entries(found: Any, file: Path) -> Iterator[Entry]:
    """Yield the documents in the JSON of a manifest. Raises ManifestUnreadable."""
    if not isinstance(found, dict):
        raise ManifestUnreadable(f"{file} is no manifest: {SHAPES}.")
    if "format" in found and not isinstance(found.get("operations"), str | None):
        yield from read_apollo_entries(found, file)
        return
    for name, text in found.items():
        if not isinstance(text, str):
            raise ManifestUnreadable(f"{file} has no text for {name!r}: {SHAPES}.")
        yield Entry(check_storable(text, name, file), name, file)


def read_apollo_entries(found: Mapping[str, Any], file: Path) -> Iterator[Entry]:
    kind, version = found["format"], found.get("version")
    if kind != APOLLO or version != VERSION or isinstance(version, bool):
        raise ManifestUnreadable(
            f'{file} has the format {kind!r}, version {version!r}; "{APOLLO}", version '
            f"{VERSION}, is known."
        )
    operations = found["operations"]
    for operation in operations if isinstance(operations, list) else [None]:
        parts = operation if isinstance(operation, dict) else {}
        name, text = parts.get("id"), parts.get("body")
        if not isinstance(name, str) or not isinstance(text, str):
            told = "`operations` is a list of objects with `id` and `body`"
            raise ManifestUnreadable(f"{file} is no manifest of Apollo: {told}.")
        yield Entry(check_storable(text, name, file), name, file)


def check_storable(text: str, name: str, file: Path) -> str:
    """Return the text. Raises ManifestUnreadable for characters that PostgreSQL cannot store."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ManifestUnreadable(f"{file} has NUL or half a character in the text of {name!r}.")
    return text


class RepeatedKey(Exception):
    """An object has a key twice, and it is not clear which text is meant."""


def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise RepeatedKey(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found
