"""The context of a use case: the actor, the database and the clock. It may use nothing else."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.actor import Actor, Viewer
from auth.policy import audited, visible
from auth.rights import Right
from models.base import Id, OfSchool, target_of
from models.database.availability import Availability
from models.database.readers import Readers
from models.database.writers import Writers
from models.problems import Conflict, Forbidden, NotFound, PasswordMustChange, Unauthenticated
from models.secrets import Secrets
from resolvers.core.identify import identify, school_of
from resolvers.core.loading import Place, attach_joined, joins_of, rows_by
from resolvers.core.news import Fact
from resolvers.core.request_ids import new_request_id
from resolvers.core.shapes import NOTHING, Wanted
from resolvers.services.events.readers import EventTails
from resolvers.services.sessions import Sessions
from resolvers.services.storage import Storage
from resolvers.services.tries import Tries

R = TypeVar("R", bound=OfSchool)
V = TypeVar("V")
Question: TypeAlias = Callable[..., Awaitable[Mapping[Any, V]]]


READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""The options of a transaction that only reads: it sees one snapshot."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The services that all requests of the process share."""

    engine: AsyncEngine
    secrets: Secrets
    storage: Storage
    now: Callable[[], datetime] = utc_now
    public_url: str = ""
    """The address of the server in links that it hands out; if empty, they are relative."""
    tails: EventTails = field(default_factory=EventTails)
    """The readers of the schools' event logs."""
    open_introspection: bool = False
    """Whether strangers, too, may read the schema."""
    readers: Readers | None = None
    """Connections for compiled reads; without them everything is read through `engine`."""
    writers: Writers | None = None
    """Connections for commands that are one statement; without them they go through `engine`."""
    availability: Availability = field(default_factory=Availability)
    """Whether the database can be used."""
    made_up: bool = False
    """Whether the published password of the demo's accounts is accepted."""
    sessions: Sessions = field(default_factory=Sessions)
    """The cache of actors by token, which keeps them for seconds."""
    tries: Tries = field(default_factory=Tries)
    """The limits of wrong passwords."""


@dataclass(kw_only=True)
class Caller:
    """Somebody who sent a request. Each operation, and each delivered event, opens a fresh Ctx: a
    Ctx that lived longer would keep revoked rights and old rows."""

    services: Services
    token: str | None = None
    language: str = "ru"
    user_agent: str | None = None
    address: str | None = None
    """The network address; None if it is not known."""
    document: Any = None
    """The parsed document of the request; see `gql.guard.documents`."""
    rate_limit: Callable[[], Any] | None = None
    """Returns the state of the caller's budget, a `resolvers.access.rate_limit.RateLimit`; None if
    the operation is charged to no budget."""
    is_stranger: bool = False
    """Whether the token turned out to be of nobody."""
    refused: str | None = None
    """The code of the first user error of its mutations, for the access log."""
    request_id: str = field(default_factory=new_request_id)

    @property
    def hides_schema(self) -> bool:
        """Whether introspection is refused."""
        is_stranger = self.is_stranger or not self.token
        return is_stranger and not self.services.open_introspection

    async def identify(self) -> Actor:
        """Return the actor, found in a transaction of its own. Raises Unauthenticated,
        PasswordMustChange."""
        async with self.open() as ctx:
            return await ctx.identify()

    @asynccontextmanager
    async def open(self, actor: Actor | None = None) -> AsyncIterator["Ctx"]:
        """Open a fresh Ctx.

        actor: The actor that the caller turned out to be, if that is known already.
        """
        async with AsyncSession(self.services.engine, expire_on_commit=False) as session:
            yield Ctx(self, session, _actor=actor)

    def read_clock(self) -> datetime:
        return self.services.now()


@dataclass
class Ctx:
    """The context of one operation, with one connection. Sibling fields resolve concurrently, and
    an AsyncSession used concurrently raises: so statements wait for each other at a lock."""

    caller: Caller
    session: AsyncSession
    facts: list[Fact] = field(default_factory=list)
    read_specially: dict[type[OfSchool], set[int]] = field(default_factory=lambda: defaultdict(set))
    """The keys of the persons whose records of special categories were read, by the type of the
    records: for the audit log."""
    reads_anew: Callable[[OfSchool], bool] = lambda _row: False
    """Whether the answer itself reads the row of a command, after the commit."""
    _actor: Actor | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """The actor, once `enter` has run. Raises Unauthenticated for a stranger."""
        if self._actor is None:
            raise Unauthenticated
        return self._actor

    @property
    def viewer(self) -> Viewer:
        return self.actor.viewer

    @property
    def is_known(self) -> bool:
        """Whether the actor was identified."""
        return self._actor is not None

    async def identify(self, *, allow_first_password: bool = False) -> Actor:
        """Return the actor. Raises Unauthenticated for a stranger or an expired token, and
        PasswordMustChange for an actor who has still to choose a password of their own."""
        async with self._turn:
            await self.enter(allow_first_password=allow_first_password)
        return self.actor

    def become(self, token: str | None) -> None:
        """Go on as the holder of a new token, or as a stranger."""
        self.caller = replace(self.caller, token=token)
        self._actor = None
        self.forget()

    async def enter(self, *, writing: bool = False, allow_first_password: bool = False) -> None:
        """Begin a transaction if there is none, and identify the actor if that was not done."""
        if writing:  # the transaction in which an earlier mutation was read back is over
            self.caller.services.availability.require(writing=True)
            await self.session.rollback()
        if not self.session.in_transaction():
            try:
                await self.begin(writing=writing)
            except Unauthenticated:
                raise
            except Exception:  # a broken transaction would answer the next field UNAUTHENTICATED
                await self.session.rollback()
                raise
        if self.actor.must_change_password and not allow_first_password:
            raise PasswordMustChange

    async def begin(self, *, writing: bool) -> None:
        """Begin a transaction in which the database shows the rows of the school."""
        await self.session.connection(execution_options={} if writing else READING)
        if (school_id := school_of(self.caller.token)) is None:
            raise Unauthenticated
        await set_school(self.session, school_id)
        if self._actor is None:
            now = self.caller.read_clock()
            self._actor = await identify(self.session, self.caller.token or "", now)

    async def lines(
        self, query: Select[*tuple[Any, ...]], actor: Actor | None = None
    ) -> Sequence[Any]:
        """Run a SELECT, with the parameters of another `actor` of the school if given. Start it
        from `visible(...)`, or say in a comment why not."""
        async with self._turn:
            await self.enter()
            found = await self.session.execute(query, (actor or self.actor).values)
            lines: Sequence[Any] = found.all()
            return lines

    @asynccontextmanager
    async def enter_school(self, school_id: int) -> AsyncIterator[AsyncSession]:
        """Show the rows of another school for a moment, to read the actor's own rows there. It
        stays in the same transaction: if requests held one connection while they wait for a second,
        the pool could run out with all of them waiting."""
        async with self._turn:
            await self.enter()
            try:
                await set_school(self.session, school_id)
                yield self.session
                await set_school(self.session, self.actor.school_id)
            except BaseException:
                await self.session.rollback()
                raise

    async def rows(
        self, query: Select[*tuple[Any, ...]], row: Any = None, wanted: Wanted = NOTHING
    ) -> Sequence[Any]:
        """Return the rows of a SELECT of the row type `row`, with the `wanted` rows joined."""
        places: Sequence[Place] = ()
        if row is not None:
            joins = joins_of(self.viewer, row, wanted)
            query, places = joins.add_to(query), joins.places
        lines = await self.lines(query)
        self.note_reading(lines, places)
        return attach_joined(lines, places)

    def note_reading(self, lines: Sequence[Any], places: Sequence[Place]) -> None:
        """Note for the audit log whose records of special categories are among the rows, or among
        those joined to them."""
        if not lines:
            return
        followed = (target_of(way.path[-1]) if way.of_row else None for _, way in places)
        kinds: list[Any] = [type(lines[0][0]), *followed]
        for place, kind in enumerate(kinds):
            if (owner := audited.get(kind)) is not None:
                rows = (line[place] for line in lines)
                self.read_specially[kind] |= {getattr(r, owner.key) for r in rows if r is not None}

    async def load(self, question: Question[V], key: Any, *about: Any) -> V | None:
        """Load the answer for `key` through a DataLoader: `question(ctx, keys, *about)` runs once
        for all keys of a tick of the event loop."""
        if (question, about) not in self._loaders:

            async def batch(keys: list[Any]) -> list[V | None]:
                answers = await question(self, keys, *about)
                return [answers.get(key) for key in keys]

            self._loaders[question, about] = DataLoader(batch)
        found: V | None = await self._loaders[question, about].load(key)
        return found

    async def find(self, id: Id[R], wanted: Wanted = NOTHING) -> R | None:
        """Return the row if the actor may read it. Absent and invisible rows are both None."""
        if id.school_id != (await self.identify()).school_id:
            return None
        found: R | None = await self.load(rows_by, id.key, id.row.id, wanted)
        return found

    async def get(self, id: Id[R], *, to: Right | None = None, version: int | None = None) -> R:
        """Return the row if the actor may read it and, with `to`, exercise that right on it.

        version: The version that the client has seen. The row is locked until the command ends:
            else another command could change it after the comparison.

        Raises NotFound if it is absent or invisible, Forbidden if only `to` fails, Conflict if its
        version is another.
        """
        query = visible(self.viewer, id.row, to).where(id.row.id == id.key)
        if id.school_id != self.actor.school_id:
            raise NotFound(of=id)
        if version is not None:
            query = query.with_for_update(of=id.row).execution_options(populate_existing=True)
        if not (found := await self.rows(query, id.row)):
            raise Forbidden(of=id, requires=to) if to and await self.find(id) else NotFound(of=id)
        row: R = found[0]
        if version not in (None, row.version):
            raise Conflict(of=id, current=row)
        return row

    def announce(self, fact: Fact) -> None:
        """Announce a fact to subscribers if the command succeeds."""
        self.facts.append(fact)

    def forget(self) -> None:
        """Drop the loaders' caches and the session's rows: after a write they are out of date. Rows
        that were returned stay readable."""
        self._loaders.clear()
        self.facts.clear()
        self.session.expunge_all()


async def set_school(session: AsyncSession, school_id: int) -> None:
    """Let this transaction see the rows of a school."""
    await session.execute(text(f"SET LOCAL app.school_id = '{school_id:d}'"))
