"""The sender of a request, and the look-up of their token."""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.problems import PasswordMustChange, Unauthenticated
from resolvers.access.rate_limit import RateLimit
from resolvers.core.context import Caller, Services
from resolvers.core.identify import identify_at_once
from resolvers.core.request_ids import new_request_id
from resolvers.services.sessions import Known


@dataclass(slots=True)
class Asker:
    """The sender of a request, as its headers describe them.

    known: The actor, if the token was looked up already.
    is_stranger: Whether the token turned out to be of nobody.
    runs_nothing: Whether the document does not run for strangers; see `gql.guard.strangers`.
    request_id: The id of the request, for its response, the log and the audit log.
    rate_limit: Returns the state of the budget that is charged.
    """

    token: str
    language: str = "ru"
    agent: bytes | None = None
    address: str | None = None
    known: Known | None = None
    is_stranger: bool = False
    runs_nothing: bool = False
    request_id: str = field(default_factory=new_request_id)
    rate_limit: Callable[[], RateLimit] | None = None

    def caller(self, services: Services) -> Caller:
        return Caller(
            services=services,
            token=self.token or None,
            language=self.language,
            user_agent=self.agent.decode("latin-1") if self.agent else None,
            address=self.address,
            is_stranger=self.is_stranger,
            request_id=self.request_id,
            rate_limit=self.rate_limit,
        )


async def is_signed_in(services: Services, asker: Asker) -> bool:
    """Whether the token is valid, perhaps only for choosing a first password."""
    try:
        asker.is_stranger = not asker.token or await look_up_token(services, asker) is None
    except PasswordMustChange:
        asker.is_stranger = False
    except Unauthenticated:
        asker.is_stranger = True
    return not asker.is_stranger


async def look_up_token(services: Services, asker: Asker) -> Known:
    """Look up the holder of the token. Raises Unauthenticated, PasswordMustChange."""
    sessions, readers = services.sessions, services.readers
    asker.known = sessions.get(asker.token)
    if asker.known is None:
        if readers:
            asked = identify_at_once(readers, asker.token, services.now())
        else:
            asked = asker.caller(services).identify()
        asker.known = await sessions.ask(asker.token, asked)
    return asker.known
