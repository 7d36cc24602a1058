"""`gorod dev` and `gorod serve`: start all parts, and stop them again."""

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gql.cli import backend
from gql.cli.backend import Database
from gql.cli.collecting import collect_garbage
from gql.cli.console import say, show_progress
from gql.guard.lane import Lane

if TYPE_CHECKING:
    from gql.settings import Settings
    from models.database.embedded.supervisor import Supervisor

KINDS_OF_SESSIONS = 3
"""The pools of sessions: the engine's, the readers' and the writers' (`gql.app.services_of`)."""

Port = Annotated[int | None, typer.Option(help="Port to listen on; PORT says the same.")]


def register(app: typer.Typer) -> None:
    app.command()(dev)
    app.command()(serve)


def dev(
    port: Port = None,
    on_network: Annotated[
        bool,
        typer.Option("--on-network", help="Allow a GOROD_HOST that other machines can reach."),
    ] = False,
) -> None:
    """Run everything on this machine: database, a made-up school, API, console."""
    _start(port, near=not on_network, known=True, open_introspection=True, demo=True)


def serve(
    port: Port = None,
    allow_demo: Annotated[
        bool,
        typer.Option("--allow-demo", help="Serve a made-up school too, on this machine only."),
    ] = False,
) -> None:
    """Run the API for real use, without made-up data.

    A database named by DATABASE_URL must be up to date; the embedded one is brought there.
    """
    _start(port, near=allow_demo, known=allow_demo, demo=False)


def _start(port: int | None, *, near: bool, known: bool, **given: Any) -> None:
    """Start a server and run it until it is stopped.

    near: Whether only this machine may reach it. known: Whether people may sign in with the
    published password of the made-up school.
    """
    current = backend.read_settings(**given, **({} if port is None else {"port": port}))
    if near and not _is_near(current.host):
        raise typer.BadParameter(
            f"GOROD_HOST is {current.host}, where other machines can reach it, and the passwords "
            "of the made-up school are known to everybody. Unset GOROD_HOST"
            + (", or say --on-network." if current.demo else ", and run `gorod demo lock`.")
        )

    from gql import logs
    from gql.cli.server import allow_many_files, listen, run_until_stopped

    logs.configure(as_json=not current.demo, level=current.log_level)
    if current.storage_url:
        from resolvers.services.storage import Storage

        Storage(current.storage_url)  # raises here, before a database is made
    if current.rate_limit_url:
        _prove_store(current.rate_limit_url.get_secret_value())
    allow_many_files()
    gc.disable()  # until the app is made: little garbage arises, but many objects would be scanned
    with listen(current.host, current.port) as listening:
        real = current.model_copy(update={"port": listening.getsockname()[1]})
        run_until_stopped(lambda stop: _run(real, listening, stop, known))
    say("Stopped.")


def _prove_store(url: str) -> None:
    """Check that the Redis of the settings answers, before anything is made."""
    from gql.admission.store import Store, StoreProblem
    from gql.cli.console import fail

    async def ask() -> None:
        store = Store(url)
        await store.check_connection()
        await store.close()

    try:
        asyncio.run(ask())
    except StoreProblem as problem:
        fail(f"{problem}. Set GOROD_RATE_LIMIT_URL to a Redis that can be used, or unset it.")


def _is_near(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _run(
    current: "Settings", listening: socket.socket, stop: asyncio.Event, known: bool
) -> None:
    """Start the database and serve. The embedded server is always stopped last."""
    from gql.cli.server import run_unless

    backend.refuse_half(current)

    if named := backend.find_external(current):
        await run_unless(stop, _while_loading(_prepare(current, named, known)))
        await _serve(current, named, listening, stop, None, known)
        return

    from models.database.embedded.server import Embedded
    from models.database.embedded.supervisor import Supervisor
    from models.database.space import MB

    embedded = Embedded(current.data_dir)
    minimum, reserve = current.disk_minimum_mb * MB, current.disk_reserve_mb * MB
    supervisor = Supervisor(embedded, minimum=minimum, reserve=reserve)
    try:
        say("Starting PostgreSQL …")
        await run_unless(stop, _while_loading(supervisor.start(say)))
        own = backend.embedded_database(
            embedded.url("gorod_app", "gorod"), embedded.url("postgres", "gorod")
        )
        await run_unless(stop, _prepare(current, own, known))
        await _serve(current, own, listening, stop, supervisor, known)
    finally:
        await asyncio.to_thread(embedded.stop)


async def _while_loading(work: Coroutine[Any, Any, None]) -> None:
    """Import the app while the database starts, because making the schema takes longest."""

    def load() -> None:
        import gql.app  # noqa: F401

    await asyncio.gather(work, asyncio.to_thread(load))


async def _prepare(current: "Settings", target: Database, known: bool) -> None:
    """Upgrade and check the database. In development an empty one gets a made-up school."""
    most = current.pool_size * KINDS_OF_SESSIONS
    if not current.demo:
        await backend.ensure_usable(current, target, sessions=most)
        await backend.prove_key(current, target, make=True)
        if not known:
            await backend.refuse_made_up_people(target)
        return
    await backend.make_ready(target)
    await backend.check(current, target, sessions=most)
    key = await backend.prove_key(current, target, make=True)
    if await backend.count_schools(target) == 0:
        from resolvers import demo

        with show_progress("Making up a school") as advance:
            await demo.load_first(target.owner, key, advance)


async def _serve(
    current: "Settings",
    target: Database,
    listening: socket.socket,
    stop: asyncio.Event,
    supervisor: "Supervisor | None",
    known: bool,
) -> None:
    """Serve the app.

    supervisor: The supervisor of the embedded server; None for a server of somebody else.
    """
    from gql.app import create_app
    from gql.cli import card, server
    from models.database.availability import Availability

    availability = Availability(target.app, supervisor.space if supervisor else None)
    logins = _logins(target) if current.demo else None
    lane = Lane()
    made = create_app(current, target.app, logins, availability, lane, made_up=known)
    collecting = asyncio.create_task(collect_garbage(lane))
    try:
        await server.serve(
            made,
            listening,
            stop,
            patience=3 if current.demo else 30,
            most_frame=current.most_body,
            sockets=current,
            announce=lambda: card.show(current, target),
            watch=partial(supervisor.keep, availability) if supervisor else asyncio.Event().wait,
        )
    finally:
        collecting.cancel()


def _logins(target: Database) -> Callable[[], Awaitable[list[dict[str, str]]]]:
    async def people() -> list[dict[str, str]]:
        from resolvers import demo

        known = await demo.logins(target.owner)
        return [{**asdict(login), "role": login.role.name} for login in known]

    return people
