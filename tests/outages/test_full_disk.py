"""The disk fills up: reading goes on, and the server is back by itself when there is space."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from httpx2 import AsyncClient

from models.database import home
from models.database.address import session
from models.database.embedded import socket_url
from tests.cli.test_commands import gorod
from tests.outages.disk import fill, small_disk
from tests.outages.school import (
    DIARY,
    UNAVAILABLE,
    Person,
    Running,
    listening,
    publish,
    published,
    running,
    signed_in,
    until,
)
from models.database.space import MB, free_bytes

pytestmark = [pytest.mark.embedded_only, pytest.mark.lengthy]

SIZE = 500
MINIMUM, RESERVE = 96, 64


@pytest.fixture
def disk(example: Path) -> Iterator[Path]:
    with small_disk(SIZE) as place:
        subprocess.run(["cp", "-a", example, place], check=True)
        yield place


async def test_fill(disk: Path) -> None:
    with running(disk / ".gorod", GOROD_DISK_MINIMUM_MB="0", GOROD_DISK_RESERVE_MB="0") as here:
        print(subprocess.run(["du", "-sm", disk / ".gorod"], capture_output=True, text=True).stdout, free_bytes(disk)//MB)
        async with AsyncClient(timeout=60) as client:
            director = await signed_in(client, here.api, "director")
            mother = await signed_in(client, here.api, "parent.ivanova")
            await publish(director, "Объявление 0")
            fill(disk)
            said = await exhaust(here)
            print("EXHAUST", said)
            for _ in range(10):
                print((await mother.ask(DIARY))[0])
                print(here.postmaster, free_bytes(disk)//MB)
                await asyncio.sleep(1)
            (disk / "filler").unlink()
            print("freed")
            begun = asyncio.get_running_loop().time()
            await mother.insist(DIARY)
            print("back", asyncio.get_running_loop().time() - begun)
            print(mother, published)
            print((here.data_dir / "postgres.log").read_text()[-3000:])
            assert here.program.poll() is None
            assert 0


async def exhaust(here: Running) -> str:
    """Use up the files that the server keeps ready for its log, as an operator may."""
    socket = home.running_socket(here.data_dir)
    assert socket
    try:
        connection = await session(socket_url(socket, "postgres", "postgres"))
        for _ in range(200):
            await connection.execute("SELECT pg_logical_emit_message(true, 'test', 'x')")
            await connection.execute("SELECT pg_switch_wal()")
    except Exception as error:
        return repr(error)
    finally:
        connection.terminate()
    return "never"
