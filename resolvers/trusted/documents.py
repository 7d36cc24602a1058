"""Registering trusted documents, by the operator of the installation, and reading them to serve.

A change is one transaction as the owner of the tables. Changes wait for each other: otherwise two
at once would not see each other's documents, and revisions would not follow the order of commits.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.trusted.documents import TrustedDocument, TrustedDocumentId
from resolvers.access.operators import open_as_owner
from resolvers.core.context import utc_now

LOCK = text(f"SELECT pg_advisory_xact_lock({0x747275737465})")  # "truste"
FRESH = text("DEFAULT")
"""SQL: the next revision, in an UPDATE."""


@dataclass(frozen=True, slots=True)
class RegisteredDocument:
    """A registered document.

    hash: SHA-256 of its text, in hexadecimal digits.
    operations: The names of its operations.
    ids: Ids of its own by which clients ask for it.
    clients: The names of the clients that it was registered for.
    retired_at: Null while it is answered.
    """

    hash: str
    text: str
    operations: tuple[str, ...] = ()
    ids: frozenset[str] = frozenset()
    clients: tuple[str, ...] = ()
    registered_at: datetime | None = None
    retired_at: datetime | None = None


class Change(Enum):
    """The effect of registering a document."""

    NEW = "new"
    AGAIN = "registered again"
    MORE = "id or client added"
    NONE = "unchanged"


@dataclass(frozen=True, slots=True)
class Plan:
    """The effects of registering some documents.

    changes: The effect by hash.
    taken: By hash, the ids that belong to another document that is answered, with its hash.
    """

    changes: Mapping[str, Change] = field(default_factory=dict)
    taken: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


async def register(
    url: str,
    documents: Sequence[RegisteredDocument],
    *,
    client: str | None = None,
    dry_run: bool = False,
    leave_out: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Register documents, all of them or none. Those that are registered already stay as they are.

    client: The name of the client that sends them.
    dry_run: Return the effects without making them.
    leave_out: Register the others where ids of some belong to another document; otherwise nothing
        is registered.
    """
    clients = (client,) if client else ()
    async with open_as_owner(url) as session:
        await session.execute(LOCK)
        known = {one.hash: one for one in await find_registered(session)}
        taken = find_taken_ids(documents, known)
        if dry_run or (taken and not leave_out):
            return Plan({d.hash: change_of(d, known, clients) for d in documents}, taken)
        changes = {}
        for document in documents:
            if document.hash not in taken:
                changes[document.hash] = change = change_of(document, known, clients)
                if change is not Change.NONE:
                    before = known.get(document.hash)
                    await write(session, document, before, clients, now or utc_now())
        return Plan(changes, taken)


def change_of(
    document: RegisteredDocument, known: Mapping[str, RegisteredDocument], clients: Sequence[str]
) -> Change:
    if (before := known.get(document.hash)) is None:
        return Change.NEW
    if before.retired_at is not None:
        return Change.AGAIN
    same = document.ids <= before.ids and {*clients} <= {*before.clients}
    return Change.NONE if same else Change.MORE


def find_taken_ids(
    documents: Sequence[RegisteredDocument], known: Mapping[str, RegisteredDocument]
) -> dict[str, dict[str, str]]:
    """Return, by hash, the ids that belong to another document. Ids of retired ones are free."""
    answered = [one for one in known.values() if not one.retired_at]
    holders = {name: one.hash for one in answered for name in one.ids}
    taken: dict[str, dict[str, str]] = defaultdict(dict)
    for document in documents:
        for name in document.ids:
            if (holder := holders.setdefault(name, document.hash)) != document.hash:
                taken[document.hash][name] = holder
    return dict(taken)


async def write(
    session: AsyncSession,
    document: RegisteredDocument,
    before: RegisteredDocument | None,
    clients: Sequence[str],
    now: datetime,
) -> None:
    key = bytes.fromhex(document.hash)
    if before is None:
        values: dict[str, Any] = {
            "hash": key,
            "text": document.text,
            "operations": list(document.operations),
            "clients": list(clients),
            "registered_at": now,
        }
        await session.execute(insert(TrustedDocument).values(values))
    else:
        again = {"retired_at": None, "registered_at": now} if before.retired_at else {}
        named = sorted({*clients} | {*(() if again else before.clients)})
        await session.execute(update_document(TrustedDocument.hash == key, clients=named, **again))
    if document.ids:
        ids = TrustedDocumentId.id
        await session.execute(delete(TrustedDocumentId).where(ids.in_(document.ids)))
        rows = [{"id": name, "hash": key} for name in sorted(document.ids)]
        await session.execute(insert(TrustedDocumentId), rows)


def update_document(where: Any, **values: Any) -> Any:
    """Return an UPDATE with a new revision, by which servers notice the change."""
    made = update(TrustedDocument).where(where).values(revision=FRESH, **values)
    return made.execution_options(synchronize_session=False)


async def retire(
    url: str,
    hashes: Collection[str],
    *,
    client: str | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[RegisteredDocument]:
    """Retire documents, and return those that are answered no more.

    client: Retire them for this client only: a document that has other clients, too, is answered.
    """
    async with open_as_owner(url) as session:
        await session.execute(LOCK)
        found = [
            one
            for one in await find_registered(session)
            if one.hash in hashes and not one.retired_at and client in (None, *one.clients)
        ]
        ended = []
        for one in found:
            of_hash = TrustedDocument.hash == bytes.fromhex(one.hash)
            others = tuple(name for name in one.clients if client not in (None, name))
            if not others:
                ended.append(replace(one, retired_at=now or utc_now()))
            if dry_run:
                continue
            if others:
                await session.execute(update_document(of_hash, clients=list(others)))
            else:
                await session.execute(update_document(of_hash, retired_at=ended[-1].retired_at))
    return ended


async def remove(url: str, hashes: Collection[str]) -> set[str]:
    """Delete documents with their ids. Returns the hashes of those that existed."""
    async with open_as_owner(url) as session:
        await session.execute(LOCK)
        keys = [bytes.fromhex(one) for one in hashes]
        gone = delete(TrustedDocument).where(TrustedDocument.hash.in_(keys))
        gone_rows = await session.execute(gone.returning(TrustedDocument.hash))
        return {key.hex() for key in gone_rows.scalars()}


async def list_documents(url: str) -> list[RegisteredDocument]:
    """Return all documents that were not removed, the first registered first."""
    async with open_as_owner(url) as session:
        return await find_registered(session)


# -- serving --------------------------------------------------------------------------

Revision = tuple[int, int | None]
"""The number of documents and the last revision."""


async def revision(session: AsyncSession | AsyncConnection) -> Revision:
    """Return a value that differs after any change."""
    query = select(func.count(), func.max(TrustedDocument.revision)).select_from(TrustedDocument)
    number, last = (await session.execute(query)).one()
    return number, last


async def find_registered(
    session: AsyncSession, *, retired: bool = True
) -> list[RegisteredDocument]:
    """Return the documents with their ids, with those that are `retired` or without."""
    ids: dict[bytes, set[str]] = defaultdict(set)
    for name, key in await session.execute(select(TrustedDocumentId.id, TrustedDocumentId.hash)):
        ids[key].add(name)
    t = TrustedDocument
    query = select(t.hash, t.text, t.operations, t.clients, t.registered_at, t.retired_at)
    if not retired:
        query = query.where(t.retired_at.is_(None))
    found = await session.execute(query.order_by(t.registered_at, t.hash))
    return [
        RegisteredDocument(
            key.hex(), written, tuple(operations), frozenset(ids[key]), tuple(clients), made, ended
        )
        for key, written, operations, clients, made, ended in found
    ]
