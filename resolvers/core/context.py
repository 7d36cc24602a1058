"""What a use case may touch: who asks, the database, the clock, and nothing else."""

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
from resolvers.core.loading import Place, assembled, joined, rows_by
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
"""Reading sees one snapshot and can write nothing."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """What the process shares among all who ask."""

    engine: AsyncEngine
    secrets: Secrets
    storage: Storage
    now: Callable[[], datetime] = utc_now
    public_url: str = ""
    """Where the server is reached, for links it hands out; empty: they are relative."""
    tails: EventTails = field(default_factory=EventTails)
    """Who listens to what happens."""
    open_introspection: bool = False
    """Whether strangers, too, may read the schema."""
    readers: Readers | None = None
    """Connections for what is compiled; without them all is read by way of `engine`."""
    writers: Writers | None = None
    """Connections for commands that say themselves in one statement; without them none does."""
    availability: Availability = field(default_factory=Availability)
    """Whether the database can be used."""
    made_up: bool = False
    """Whether the password of made-up accounts, which everybody knows, lets anybody in."""
    sessions: Sessions = field(default_factory=Sessions)
    """Who holds which token, for a few seconds."""
    tries: Tries = field(default_factory=Tries)
    """How failed tries of passwords slow down who tries."""


@dataclass(kw_only=True)
class Caller:
    """Someone at the door. Each operation, and each delivered event, opens a fresh Ctx:
    a revoked right ends at the next one, and nothing loaded survives it."""

    services: Services
    token: str | None = None
    language: str = "ru"
    user_agent: str | None = None
    address: str | None = None
    """Where they call from; null where nobody knows."""
    document: Any = None
    """What is asked, as the door has read it; see `gql.guard.documents`."""
    rate_limit: Callable[[], Any] | None = None
    """Tells the state of the budget that pays, a `resolvers.access.rate_limit.RateLimit`; null
    where nothing is paid."""
    is_stranger: bool = False
    """Whether it was found that the token lets nobody in."""
    refused: str | None = None
    """The code of the first user error of its mutations, for the access log."""
    request_id: str = field(default_factory=new_request_id)

    @property
    def hides_schema(self) -> bool:
        """Whether the schema is hidden from them."""
        is_stranger = self.is_stranger or not self.token
        return is_stranger and not self.services.open_introspection

    async def identified(self) -> Actor:
        """Who asks, found out by itself. Raises Unauthenticated, PasswordMustChange."""
        async with self.open() as ctx:
            return await ctx.identified()

    @asynccontextmanager
    async def open(self, actor: Actor | None = None) -> AsyncIterator["Ctx"]:
        """A fresh Ctx; of the `actor` the caller has just been found to be, if told."""
        async with AsyncSession(self.services.engine, expire_on_commit=False) as session:
            yield Ctx(self, session, _actor=actor)

    def now(self) -> datetime:
        return self.services.now()


@dataclass
class Ctx:
    """One operation. GraphQL resolves siblings concurrently but a session may not be used
    concurrently, so its statements queue on a lock: one operation, one connection."""

    caller: Caller
    session: AsyncSession
    facts: list[Fact] = field(default_factory=list)
    read_specially: dict[type[OfSchool], set[int]] = field(default_factory=lambda: defaultdict(set))
    """Whose records of special categories were read, by their type: for the audit log."""
    reads_anew: Callable[[OfSchool], bool] = lambda _row: False
    """Whether the answer itself reads a row that a command gave, after the commit."""
    _actor: Actor | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who asks. Raises Unauthenticated for a stranger; known once `enter` has run."""
        if self._actor is None:
            raise Unauthenticated
        return self._actor

    @property
    def viewer(self) -> Viewer:
        return self.actor.viewer

    @property
    def is_known(self) -> bool:
        """Whether it was found out who asks."""
        return self._actor is not None

    async def identified(self, *, allow_first_password: bool = False) -> Actor:
        """Who asks. Raises Unauthenticated for a stranger, or one whose token ran out, and
        PasswordMustChange for one who has still to choose a password of their own."""
        async with self._turn:
            await self.enter(allow_first_password=allow_first_password)
        return self.actor

    def become(self, token: str | None) -> None:
        """Go on as the holder of a token just given out, or as nobody."""
        self.caller = replace(self.caller, token=token)
        self._actor = None
        self.forget()

    async def enter(self, *, writing: bool = False, allow_first_password: bool = False) -> None:
        """Once per transaction, before anything else: tell the database whose rows it may show.
        Once per operation: find out who asks."""
        if writing:  # what an earlier mutation of the document still reads in is over
            self.caller.services.availability.require(writing=True)
            await self.session.rollback()
        if not self.session.in_transaction():
            try:
                await self.begin(writing=writing)
            except Unauthenticated:
                raise
            except Exception:  # else the next field would be told to sign in
                await self.session.rollback()
                raise
        if self.actor.must_change_password and not allow_first_password:
            raise PasswordMustChange

    async def begin(self, *, writing: bool) -> None:
        """Begin a transaction in which the database shows the rows of the school."""
        await self.session.connection(execution_options={} if writing else READING)
        if (school_id := school_of(self.caller.token)) is None:
            raise Unauthenticated
        await stand_in(self.session, school_id)
        if self._actor is None:
            now = self.caller.now()
            self._actor = await identify(self.session, self.caller.token or "", now)

    async def lines(
        self, query: Select[*tuple[Any, ...]], actor: Actor | None = None
    ) -> Sequence[Any]:
        """Run a SELECT, for another `actor` of the school if told. Start it from `visible(...)`,
        or say in a comment why not."""
        async with self._turn:
            await self.enter()
            found = await self.session.execute(query, (actor or self.actor).values)
            lines: Sequence[Any] = found.all()
            return lines

    @asynccontextmanager
    async def elsewhere(self, school_id: int) -> AsyncIterator[AsyncSession]:
        """Behind another school's wall for a moment, for what is the asker's own there: in the
        same transaction, as a second connection could be waited for by those who hold a first."""
        async with self._turn:
            await self.enter()
            try:
                await stand_in(self.session, school_id)
                yield self.session
                await stand_in(self.session, self.actor.school_id)
            except BaseException:
                await self.session.rollback()
                raise

    async def rows(
        self, query: Select[*tuple[Any, ...]], row: Any = None, wanted: Wanted = NOTHING
    ) -> Sequence[Any]:
        """The rows of a SELECT of the row type `row`, with what is `wanted` of them."""
        places: list[Any] = []
        if row is not None:
            query, places = joined(query, self.viewer, row, wanted)
        lines = await self.lines(query)
        self.note_reading(lines, places)
        return assembled(lines, places)

    def note_reading(self, lines: Sequence[Any], places: Sequence[Place]) -> None:
        """Remember whose records of special categories were read, among the rows that lines begin
        with and those joined to them: for the audit log."""
        if not lines:
            return
        followed = (target_of(way.path[-1]) if way.of_row else None for _, way in places)
        kinds: list[Any] = [type(lines[0][0]), *followed]
        for place, kind in enumerate(kinds):
            if (owner := audited.get(kind)) is not None:
                rows = (line[place] for line in lines)
                self.read_specially[kind] |= {getattr(r, owner.key) for r in rows if r is not None}

    async def together(self, question: Question[V], key: Any, *about: Any) -> V | None:
        """The answer for `key`; `question(ctx, keys, *about)` is asked once for a tick's keys."""
        if (question, about) not in self._loaders:

            async def batch(keys: list[Any]) -> list[V | None]:
                answers = await question(self, keys, *about)
                return [answers.get(key) for key in keys]

            self._loaders[question, about] = DataLoader(batch)
        found: V | None = await self._loaders[question, about].load(key)
        return found

    async def find(self, id: Id[R], wanted: Wanted = NOTHING) -> R | None:
        """The row, if the actor may read it; absent and invisible look the same."""
        if id.school_id != (await self.identified()).school_id:
            return None
        found: R | None = await self.together(rows_by, id.key, id.row.id, wanted)
        return found

    async def get(self, id: Id[R], *, to: Right | None = None, version: int | None = None) -> R:
        """The row, if the actor may read it and, with `to`, exercise that right on it.

        version: What the client believes it to be; locks the row until the command is through.

        Raises NotFound when it is absent or invisible, Forbidden when only `to` fails,
        Conflict when its version is another.
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
        """Let subscribers hear of it if the command succeeds."""
        self.facts.append(fact)

    def forget(self) -> None:
        """Drop everything loaded so far, leaving results readable: the world has changed."""
        self._loaders.clear()
        self.facts.clear()
        self.session.expunge_all()


async def stand_in(session: AsyncSession, school_id: int) -> None:
    """Tell the database whose rows this transaction may see."""
    await session.execute(text(f"SET LOCAL app.school_id = '{school_id:d}'"))
