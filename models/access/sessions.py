"""Sessions, the devices they are on, and counters of failed sign-ins."""

from datetime import datetime
from enum import Enum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import mark_internal, unique_internal


class TryKind(Enum):
    """The key by which failed tries are counted.

    DEVICE: A device that has signed in to the login before.
    LOGIN_AND_ADDRESS: A login, from one address, by unknown devices.
    ADDRESS: An address, whatever the login, by unknown devices.
    LOGIN: A login, from all addresses, by unknown devices.
    REFRESH: An address from which unknown refresh tokens come.
    """

    DEVICE = "DEVICE"
    LOGIN_AND_ADDRESS = "LOGIN_AND_ADDRESS"
    ADDRESS = "ADDRESS"
    LOGIN = "LOGIN"
    REFRESH = "REFRESH"


class TryCounter(Record):
    """A counter of failed tries of a password or a token; see `resolvers.services.tries`.

    Logins and addresses are kept as keyed hashes: addresses are personal data, and people type
    passwords into the field of the login. Logins that do not exist are counted the same way, so
    that a counter does not tell whether a login exists.
    """

    __tablename__ = "try_counters"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[TryKind]
    login_hash: Mapped[bytes | None] = mapped_column(index=True)
    """Keyed hash of the login that was tried; a new password clears all its counters."""
    retry_at: Mapped[datetime]
    """Tries are refused until then."""
    clear_at: Mapped[datetime] = mapped_column(index=True)
    """When all failures are forgotten. Each failure moves it by the time one is remembered."""


class KnownDevice(Record):
    """A program that has signed in with a credential before. Its token opens nothing: it only has
    its failed tries counted apart from those of strangers."""

    __tablename__ = "known_devices"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    credential_id: Mapped[int] = mapped_column(
        ForeignKey("credentials.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[bytes]
    previous_token_hash: Mapped[bytes | None]
    """Hash of the token before this one: the answer with the new one may have been lost."""
    last_used_at: Mapped[datetime] = mapped_column(index=True)


class Session(OfSchool):
    """A signed-in account in one role. Only hashes of its tokens are kept.

    role: The role it works in.
    created_at: When it began.
    last_used_at: When it was last refreshed.
    user_agent: The program it is used from, by its own account; null when it gives none.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        unique_internal("access_hash"),
        unique_internal("refresh_hash"),
    )

    account_id: Mapped[int] = refers(Account)
    role: Mapped[Role]
    role_grant_id: Mapped[int | None] = refers(RoleGrant)
    """The grant that the role rests on; null when it rests on a record: a child, a class, a
    card."""
    access_hash: Mapped[bytes]
    access_expires_at: Mapped[datetime]
    refresh_hash: Mapped[bytes]
    refresh_expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str | None] = words(300)
    device_id: Mapped[int | None] = mapped_column(
        ForeignKey("known_devices.id", ondelete="SET NULL"), index=True
    )
    """The device it was begun on; null after that was forgotten."""


class SpentRefreshToken(OfSchool):
    """A refresh token that was exchanged for the next one of its session. If it comes again, either
    it was stolen or the next one was. It is kept as long as it would have been valid.

    spent_at: When it was exchanged.
    """

    __tablename__ = "spent_refresh_tokens"
    __table_args__ = (
        unique_internal("hash"),
        Index("by_session", "school_id", "session_id", "spent_at"),
        mark_internal(
            ForeignKeyConstraint(
                ["school_id", "session_id"],
                ["sessions.school_id", "sessions.id"],
                ondelete="CASCADE",
            )
        ),
    )

    session_id: Mapped[int]
    hash: Mapped[bytes]
    spent_at: Mapped[datetime]
