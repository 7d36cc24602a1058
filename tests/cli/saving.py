"""A school that tests save and restore, and the content of a backup."""

import asyncio
import io
import json
import tarfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from models.database import dump
from models.database.address import open_session
from models.database.engine import connect
from models.keyfile import KeyFile
from models.secrets import Secrets
from resolvers.core.context import Caller, Services
from resolvers.services.storage import Storage
from tests.conftest import Api

SIGN_IN = """mutation { signIn(input: {login: "director", password: "gorod-demo-2026"}) {
  viewer { fullName } userErrors { code } } }"""
UPLOADED = """
    INSERT INTO files (school_id, version, owner_id, name, media_type, size, sha256, status,
        created_at, uploaded_at, storage_key)
    SELECT 1, 1, min(id), 'Реферат.pdf', 'application/pdf', $1, $2, 'READY', now(), now(), $3
    FROM persons WHERE school_id = 1
"""


def run_in_thread(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own, as a loop may be running here; return its result."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return result[0]


async def fetch_value(url: str, query: str, *values: Any) -> Any:
    connection = await open_session(url)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close()


async def hash_tables(url: str) -> dict[str, str]:
    connection = await dump.open_unrestricted(url)
    try:
        return await dump.hash_tables(connection)
    finally:
        await connection.close()


class School:
    """The demo school in a database of its own, with a file that was uploaded to it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.key = KeyFile(folder / "secret.key")

    def make_environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "GOROD_DATA_DIR": str(self.folder)}

    def read_files(self) -> dict[str, bytes]:
        stored = self.folder / "files"
        return {
            str(file.relative_to(stored)): file.read_bytes()
            for file in stored.rglob("*")
            if file.is_file()
        }


def make_services(url: str, key: bytes, folder: Path) -> Services:
    return Services(
        connect(url.replace("postgres@", "gorod_app@")),
        Secrets(key),
        Storage((folder / "files").as_uri()),
        made_up=True,
    )


async def sign_in(url: str, key: bytes, folder: Path) -> str:
    here = make_services(url, key, folder)
    data = await Api(Caller(services=here, language="en"))(SIGN_IN)
    await here.engine.dispose()
    return str(data["signIn"]["viewer"]["fullName"])


def read_manifest(file: Path) -> dict[str, Any]:
    with tarfile.open(file) as tar:
        content = tar.extractfile("manifest.json")
        assert content
        found: dict[str, Any] = json.load(content)
        return found


def rewrite_manifest(file: Path, target: Path, **facts: Any) -> Path:
    """Write the same backup with other facts in its manifest."""
    with tarfile.open(file) as tar, tarfile.open(target, "w") as out:
        for member in tar.getmembers():
            content: Any = tar.extractfile(member)
            if member.name == "manifest.json":
                data = json.dumps({**read_manifest(file), **facts}).encode()
                member.size = len(data)
                content = io.BytesIO(data)
            out.addfile(member, content)
    return target
