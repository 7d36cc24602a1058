"""`gorod dev` and `gorod serve`: everything up, then down again."""

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
from gql.cli.console import progress, say
from gql.guard.lane import Lane

if TYPE_CHECKING:
    from gql.settings import Settings
    from models.database.embedded.supervisor import Supervisor

KINDS_OF_SESSIONS = 3
"""The engine's, the readers' and the writers' (`gql.app.services_of`)."""

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
    _up(port, near=not on_network, known=True, open_introspection=True, demo=True)


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
    _up(port, near=allow_demo, known=allow_demo, demo=False)


def _up(port: int | None, *, near: bool, known: bool, **given: Any) -> None:
    """near: Whether only this machine may reach it. known: Whether the password that everybody
    knows may let people in."""
    current = backend.settings(**given, **({} if port is None else {"port": port}))
    if near and not _is_near(current.host):
        raise typer.BadParameter(
            f"GOROD_HOST is {current.host}, where other machines can reach it, and the passwords "
            "of the made-up school are known to everybody. Unset GOROD_HOST"
            + (", or say --on-network." if current.demo else ", and run `gorod demo lock`.")
        )

    from gql import logs
    from gql.cli.server import allow_many_files, listen, until_stopped

    logs.configure(as_json=not current.demo, level=current.log_level)
    if current.storage_url:
        from resolvers.services.storage import Storage

        Storage(current.storage_url)  # refused now, not when a database has been made
    if current.rate_limit_url:
        _prove_store(current.rate_limit_url.get_secret_value())
    allow_many_files()
    gc.disable()  # until the app is made: before there is next to no garbage, but much to look at
    with listen(current.host, current.port) as listening:
        real = current.model_copy(update={"port": listening.getsockname()[1]})
        until_stopped(lambda stop: _run(real, listening, stop, known))
    say("Stopped.")


def _prove_store(url: str) -> None:
    """Ask the Redis of the settings once, before anything is made."""
    from gql.admission.store import Store, StoreProblem
    from gql.cli.console import fail

    async def ask() -> None:
        store = Store(url)
        await store.prove()
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
    """Whatever ends it, the embedded server is stopped last."""
    from gql.cli.server import unless

    backend.refuse_half(current)

    if named := backend.external(current):
        await unless(stop, _while_loading(_ready(current, named, known)))
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
        await unless(stop, _while_loading(supervisor.start(say)))
        own = backend.embedded_database(
            embedded.url("gorod_app", "gorod"), embedded.url("postgres", "gorod")
        )
        await unless(stop, _ready(current, own, known))
        await _serve(current, own, listening, stop, supervisor, known)
    finally:
        await asyncio.to_thread(embedded.stop)


async def _while_loading(work: Coroutine[Any, Any, None]) -> None:
    """To make the schema takes longest of all, so it is made while the database starts."""

    def load() -> None:
        import gql.app  # noqa: F401

    await asyncio.gather(work, asyncio.to_thread(load))


async def _ready(current: "Settings", target: Database, known: bool) -> None:
    """In development we may change the database, and an empty one gets a school."""
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

        with progress("Making up a school") as advance:
            await demo.load_first(target.owner, key, advance)


async def _serve(
    current: "Settings",
    target: Database,
    listening: socket.socket,
    stop: asyncio.Event,
    supervisor: "Supervisor | None",
    known: bool,
) -> None:
    """supervisor: Of the embedded server; nobody but its owner looks after one of somebody else."""
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
