"""The limit: what one writes by hand for each question, without GraphQL and without rights.

The first argument: `json` builds the answer by json_build_object over asyncpg's pool as it is;
`text` puts it together as text, takes it as bytes, and spares the pool its reset.
"""

import os
import sys
import uuid
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HOW = sys.argv[1]
STATEMENTS = {file.stem: file.read_text() for file in (Path(__file__).parent / HOW).glob("*.sql")}
ONLY_SCHOOL = os.environ.get("BENCH_SCHOOL")
SETTINGS = {"timezone": "UTC", "jit": "off"} | (
    {"app.school_id": ONLY_SCHOOL} if ONLY_SCHOOL else {}
)


def key(text: str) -> int:
    return int(text.rpartition("-")[2])


PARAMETERS: dict[str, Callable[[dict[str, Any], int], tuple[Any, ...]]] = {
    "Q1": lambda v, person: (key(v["student"]), v["from"], v["to"]),
    "Q2": lambda v, person: (key(v["section"]), v["from"], v["to"]),
    "Q3": lambda v, person: (person,),
    "Q4": lambda v, person: (key(v["class"]), key(v["term"])),
    "Q5": lambda v, person: (key(v["elder"]), key(v["younger"]), v["day"], person),
    "M1": lambda v, person: (
        key(v["assignment"]), key(v["student"]), v["value"], v["version"], person, uuid.uuid4().hex,
    ),
}  # fmt: skip


async def as_bytes(connection: Any) -> None:
    await connection.set_type_codec(
        "text", schema="pg_catalog", format="binary", encoder=str.encode, decoder=bytes
    )


async def untouched(connection: Any) -> None:
    """No statement of ours leaves anything behind on a connection."""


def endpoint(query: str) -> Callable[[Request], Any]:
    statement, parameters = STATEMENTS[query], PARAMETERS[query]

    async def answer(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        given = parameters(asked["variables"], asked["person"])
        async with request.app.state.pool.acquire() as connection:
            if not ONLY_SCHOOL:
                await connection.execute(f"SET app.school_id = '{int(asked['school'])}'")
            found = await connection.fetchval(statement, asked["school"], *given)
        return Response(found, media_type="application/json")

    return answer


@asynccontextmanager
async def lifespan(app: Starlette) -> Any:
    size = int(os.environ["BENCH_CONNECTIONS"])
    bare = {"init": as_bytes, "reset": untouched} if HOW == "text" else {}
    app.state.pool = await asyncpg.create_pool(
        min_size=size, max_size=size, server_settings=SETTINGS, **bare
    )
    yield
    await app.state.pool.close()


app = Starlette(
    routes=[Route(f"/{query}", endpoint(query), methods=["POST"]) for query in PARAMETERS],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(
        app, port=int(os.environ["PORT"]), http="httptools", loop="uvloop", access_log=False,
        server_header=False, log_level="error",
    )  # fmt: skip
