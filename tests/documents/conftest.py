"""Trusted documents: manifests that the real tools wrote, and commands that register them."""

import hashlib
from functools import partial
from pathlib import Path

import pytest

from tests.cli.conftest import Run, typed

__all__ = ["typed"]

DATA = Path(__file__).parent / "data"
"""Written by the client preset of GraphQL Code Generator 6.2 (with `hashAlgorithm` sha1, sha256 and
a function), relay-compiler 21.0 (`persistConfig.algorithm` MD5, SHA1, SHA256), and
@apollo/generate-persisted-query-manifest 1.4."""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def gorod(typed: Run) -> Run:
    return partial(typed, "documents")
