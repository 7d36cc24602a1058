"""The measured servers: how each is started, and frozen while others are measured."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster import Cluster
from bench.data import SECRET
from bench.loader import Failed
from bench.processes import SERVER_CORE, cpu_seconds, freeze, thaw, tree

HERE = Path(__file__).parent
NODE = "node_modules/.bin/node"
GOROD = Path(sys.executable).with_name("gorod")
OURS, THEIRS = sys.executable, ".venv/bin/python"
"""The Python with Gorod's packages, and the one with the peers'."""
CONNECTIONS = 6
"""The database connections of each server: on two cores all are slower with more."""
OPEN_ROLE = "bench_open"
BEFORE = "before"
"""The name of the peer that is another commit of Gorod."""


@dataclass(frozen=True)
class Peer:
    """A server to compare with.

    title: For people.
    warm: The number of requests per query before the measurement.
    rest: Indicates whether it answers `/Q1` and so on instead of documents.
    own: Indicates whether its schema differs, so that it has documents of its own.
    executor: Gorod's setting of that name.
    checkout: The sources that it runs, if they are not these.
    has_group_writes: Whether it answers the writes about a whole class.
    """

    name: str
    title: str
    command: tuple[str, ...]
    warm: int = 200
    rest: bool = False
    own: bool = False
    executor: str = "auto"
    checkout: Path | None = None
    has_group_writes: bool = False

    @property
    def is_node(self) -> bool:
        return self.command[0] == NODE


def make_node(name: str, title: str, *, own: bool = False) -> Peer:
    """Make a peer on Node.js. V8 needs thousands of requests to reach its full speed."""
    command = (NODE, f"peers/{name}/server.js")
    return Peer(name, title, command, 2500, own=own, has_group_writes=not own)


def make_ours(name: str, title: str, warm: int, executor: str = "auto") -> Peer:
    command = (str(GOROD), "serve", "--allow-demo")
    return Peer(name, title, command, warm, executor=executor, has_group_writes=True)


def make_before(checkout: Path) -> Peer:
    """Make a peer of the checkout of another commit of Gorod, which has a .venv."""
    told = subprocess.run(
        ["git", "-C", checkout, "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    title = f"Gorod before ({told.stdout.strip() or checkout.name})"
    command = (str(checkout / ".venv/bin/gorod"), "serve", "--allow-demo")
    return Peer(BEFORE, title, command, 500, checkout=checkout, has_group_writes=True)


def make_python(name: str, title: str) -> Peer:
    return Peer(name, title, (THEIRS, f"peers/{name}/server.py"))


def make_limited(name: str, title: str, how: str) -> Peer:
    return Peer(name, title, (OURS, "peers/limit/server.py", how), 500, rest=True)


PEERS = {
    peer.name: peer
    for peer in (
        make_ours("standard", "Gorod, standard executor", 160, executor="standard"),
        make_ours("engine", "Gorod", 500),
        make_limited("limit", "limit: json_build_object", "json"),
        make_limited("limit_best", "limit: text, no reset", "text"),
        make_node("apollo", "Apollo Server + DataLoader"),
        make_node("mercurius", "Mercurius + graphql-jit"),
        make_node("postgraphile", "PostGraphile", own=True),
        make_python("ariadne", "Ariadne + aiodataloader"),
        make_python("graphene", "Graphene + aiodataloader"),
        Peer("open", "Gorod without rights and RLS", (OURS, "peers/gorod/open.py"), 500),
    )
}


@dataclass
class Server:
    """A running peer on one core with one database."""

    peer: Peer
    schools: int
    process: "subprocess.Popen[bytes]"
    port: int
    frozen: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.peer.name

    def cpu(self) -> float:
        return cpu_seconds(tree(self.process.pid), ended=True)

    def freeze(self) -> None:
        self.frozen = tree(self.process.pid)
        freeze(self.frozen)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Thaw the server in the block; all others stay frozen."""
        thaw(self.frozen)
        time.sleep(0.2)  # it runs its overdue timers now, before the measurement
        try:
            yield
        finally:
            self.freeze()

    def end(self) -> None:
        thaw(self.frozen)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


async def open_role(cluster: Cluster) -> None:
    """Make a user with the product's role and without row-level security."""
    connection = await cluster.session()
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OPEN_ROLE):
            await connection.execute(f"CREATE ROLE {OPEN_ROLE} LOGIN BYPASSRLS IN ROLE gorod_app")
    finally:
        await connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def environment(
    peer: Peer, cluster: Cluster, schools: int, port: int, data: Path
) -> dict[str, str]:
    """Return the environment: libpq's variables, Gorod's settings, and the only school of the
    database, if there is one, which connections set when they are opened."""
    user = OPEN_ROLE if peer.name == "open" else "gorod_app"
    packages = HERE / "peers/python" if peer.command[0] == THEIRS else HERE.parent
    given = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(peer.checkout or packages),
        "PYTHONDONTWRITEBYTECODE": "",
        "NODE_ENV": "production",
        "PORT": str(port),
        "PGHOST": cluster.folder,
        "PGUSER": user,
        "PGDATABASE": "gorod",
        "BENCH_CONNECTIONS": str(CONNECTIONS),
        "DATABASE_URL": cluster.url(user),
        "GOROD_POOL_SIZE": str(CONNECTIONS),
        "GOROD_DATA_DIR": str(data),
        "GOROD_SECRET_KEY": SECRET,
        "GOROD_EXECUTOR": peer.executor,
        "GOROD_LOG_LEVEL": "error",
        # The bench asks as a few people, whose budgets would be spent at once.
        "GOROD_MOST_POINTS": "2000000000",
        "GOROD_MOST_SCHOOL_POINTS": "2000000000",
    }
    return given | ({"BENCH_SCHOOL": "1"} if schools == 1 else {})


def start(peer: Peer, cluster: Cluster, schools: int, logs: Path) -> Server:
    """Start a server. Raises Failed if it does not listen within a minute."""
    port = free_port()
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{peer.name}-{schools}.log").open("wb") as log:
        process = subprocess.Popen(
            peer.command,
            cwd=HERE,
            env=environment(peer, cluster, schools, port, logs),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
    server = Server(peer, schools, process, port)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    server.end()
    raise Failed(f"it did not start; see {log.name}")
