"""One uvicorn worker, with the database open."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import board
import journal
import uvicorn
from aiodataloader import DataLoader
from database import database
from starlette.applications import Starlette
from starlette.routing import BaseRoute

BATCHES: dict[str, Callable[..., Any]] = {
    "marks": journal.marks_of,
    "attendance": journal.attendance_of,
    "assignments": journal.assignments_of,
    "readCounts": board.read_counts_of,
    "attachments": board.attachments_of,
}


def loaders_of(viewer: Any) -> dict[str, DataLoader[Any, Any]]:
    """A loader for each relation, of one request."""

    def loader(batch: Callable[..., Any]) -> DataLoader[Any, Any]:
        async def load(keys: list[Any]) -> list[Any]:
            return await batch(viewer, keys)

        return DataLoader(load)

    return {name: loader(batch) for name, batch in BATCHES.items()}


def serve(routes: list[BaseRoute]) -> None:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await database.open()
        yield
        await database.pool.close()

    uvicorn.run(
        Starlette(routes=routes, lifespan=lifespan),
        port=int(os.environ["PORT"]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        server_header=False,
        log_level="error",
    )
