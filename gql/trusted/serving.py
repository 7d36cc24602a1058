"""Serving trusted documents: a process loads them at its start and after each change, and makes
their plans in the background.

It polls for changes every two seconds with one small statement. `LISTEN` needs a session of its
own, which a pooler in transaction mode does not offer.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog
from graphql import GraphQLSyntaxError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from auth.actor import Actor
from gql.engine.cache import Cache, weight_with_plans
from gql.guard.document import Document
from gql.guard.documents import Documents
from gql.trusted.judging import operations_of
from gql.trusted.preparing import default_grants, make_actor, prepare
from models.access.roles import GrantScope, Role
from models.problems import OperationTooComplex, ServiceUnavailable
from resolvers.core.context import READING, Services, set_school
from resolvers.core.identify import parse_grants
from resolvers.trusted import documents as trusted

log = structlog.get_logger("gorod")

EVERY = 2.0
"""Seconds between polls for changes."""
SHORT_HASH = 12
"""Digits of the hash in the metrics' name of a document whose operations have no names."""
SCHOOLS = text("SELECT DISTINCT school_id FROM credential_schools ORDER BY school_id")
RIGHTS = text("""
    SELECT role, array_agg(permission || ' ' || scope ORDER BY permission, scope) FROM role_rights
    WHERE school_id = :school_id GROUP BY role
""")


class TrustedServing:
    """The task that keeps the trusted documents of a process current.

    seen: The loaded revision of the registry.
    planned: The documents whose plans were made.
    """

    def __init__(self, documents: Documents, cache: Cache, services: Services) -> None:
        self.documents, self.cache, self.services = documents, cache, services
        self.seen: trusted.Revision | None = None
        self.planned: set[Document] = set()

    async def keep(self) -> None:
        """Load changed documents and make their plans, until cancelled."""
        while True:
            await self.refresh_safely()
            try:
                await self.prepare()
            except ServiceUnavailable:
                log.debug("plans of trusted documents are made when the database can be used")
            except Exception:  # after a failed plan the process must still load changes
                log.warning("plans of trusted documents cannot be made", exc_info=True)
            await asyncio.sleep(EVERY)

    async def refresh_safely(self) -> None:
        """Refresh, or log a failure and go on with the loaded documents."""
        try:
            await self.refresh()
        except ServiceUnavailable:
            log.debug("trusted documents are loaded when the database can be used again")
        except Exception:  # the next poll tries again
            log.warning("trusted documents cannot be loaded", exc_info=True)

    async def refresh(self) -> bool:
        """Load the documents if any was changed; return whether one was. Raises
        ServiceUnavailable."""
        async with AsyncSession(self.services.engine) as session:
            await session.connection(execution_options=READING)
            revision = await trusted.revision(session)
            if revision == self.seen:
                return False
            rows = await trusted.find_registered(session, retired=False)
        found = {}
        for row in rows:
            if (document := await self.document(row)) is not None:
                found[row.hash] = (document, row.ids)
        gone = [one for key, one in self.documents.trusted.hashes.items() if key not in found]
        self.documents.trust(found)
        for one in gone:
            one.registered_name = None
            self.planned.discard(one)
        self.seen = revision
        return True

    async def document(self, row: trusted.RegisteredDocument) -> Document | None:
        """Return the document, loaded before or parsed now; None if it cannot be parsed."""
        if (known := self.documents.trusted.hashes.get(row.hash)) is not None:
            return known
        try:
            document: Document = await self.work(self.documents.parse, row.text, False)
        except (OperationTooComplex, GraphQLSyntaxError) as problem:
            told = "a trusted document is not served: `gorod documents check` says why"
            log.warning(told, document=row.hash, operations=row.operations, reason=str(problem))
            return None
        document.digest = row.hash
        names = operations_of(document)
        document.registered_name = ", ".join(names) or row.hash[:SHORT_HASH]
        return document

    async def prepare(self) -> None:
        """Make the missing plans, for the rights of a new school and for the rights that schools
        have given their roles. It takes at most half of the time of the process."""
        waiting = [one for one in self.documents.trusted.hashes.values() if one not in self.planned]
        if not waiting:
            return
        actors = await self.actors() if self.services.readers else []
        room = self.documents.limits.most_kept * 1_048_576 - sum(
            map(weight_with_plans, self.planned)
        )
        for document in waiting:
            await self.work(document.judge, False)
            if document.errors:
                told = "a trusted document is invalid: `gorod documents check` says why"
                log.warning(told, document=document.digest, name=document.registered_name)
            elif room > 0:
                for actor in actors:
                    await prepare(self.cache, document, actor, self.work)
            room -= weight_with_plans(document)
            self.planned.add(document)
        if room <= 0:
            told = "some plans of trusted documents wait until they are asked for: no room"
            log.warning(told, setting="GOROD_MOST_KEPT", megabytes=self.documents.limits.most_kept)

    async def work(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function in the lane, then sleep as long as it took. Otherwise requests that wait
        for the lane would starve."""
        lane = self.documents.lane
        async with lane.turn:
            began = perf_counter()
            found = await lane.work(function, *args)
            spent = perf_counter() - began
        await asyncio.sleep(spent)
        return found

    async def actors(self) -> list[Actor]:
        """Return an actor for each set of rights that a viewer can have."""
        held = {(role, grants) for role, grants in default_grants().items()}
        async with AsyncSession(self.services.engine) as session:
            await session.connection(execution_options=READING)
            for school_id in (await session.scalars(SCHOOLS)).all():
                await set_school(session, school_id)
                rows = await session.execute(RIGHTS, {"school_id": school_id})
                for role, rights in rows:
                    held.add((Role[role], parse_grants(tuple(rights), GrantScope.SCHOOL)))
        return [make_actor(role, grants) for role, grants in held]
