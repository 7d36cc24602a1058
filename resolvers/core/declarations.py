"""The attributes that decorators put on the function of a use case. The API reads them."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from auth.rights import Right
from models.problems import Caution, Problem


class Command(Protocol):
    """A use case that changes something and needs a right; see `resolvers.core.command.command`.

    action: Its name in the API and in the audit log.
    problems: The problems that it can raise.
    keeps_rights: Whether it leaves everybody's roles, rights and sessions as they are, so that
        cached actors stay. Another command clears its school from the cache.
    repeatable: Whether it finds nothing to do the second time, so that it needs neither a version
        nor a key.
    settles: The constraints whose meaning it declares.
    """

    right: Right
    action: str
    private: bool
    keeps_rights: bool
    repeatable: bool
    problems: tuple[type[Problem], ...]
    warns: tuple[type[Caution], ...]
    settles: frozenset[str]


class OpenCommand(Protocol):
    """A use case that needs no right; see `resolvers.core.command.open_command`."""

    right: None
    problems: tuple[type[Problem], ...]
    tries_password: bool
    is_open: bool


class Query(Protocol):
    """A use case that reads; see `resolvers.core.reads.reads`.

    right: The right that it needs, if that is not the right to read its rows.
    check: Is called before anything is read.
    why_null: Is called if the answer is null.
    is_open: Whether strangers may ask it.
    at_hand: Answers from the request alone, if that is all the use case does.
    """

    right: Right
    check: Callable[..., None] | None
    why_null: Callable[..., Awaitable[None]] | None
    is_open: bool
    at_hand: Callable[..., object]
