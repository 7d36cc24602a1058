"""Sessions: who is signed in, in which role and on which device, and who tried in vain."""

from datetime import datetime
from enum import Enum

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import ours, unique_ours


class TryKind(Enum):
    """What failed tries are counted by.

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
    """How often somebody tried a password or a token in vain; see `resolvers.services.tries`.

    Logins and addresses are kept as keyed hashes: addresses are personal data, and people type
    passwords into the field of the login. Counters of logins that do not exist are no others.
    """

    __tablename__ = "try_counters"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[TryKind]
    login_hash: Mapped[bytes | None] = mapped_column(index=True)
    """Of the login that was tried; a new password clears all its counters."""
    retry_at: Mapped[datetime]
    """When the next try counts."""
    clear_at: Mapped[datetime] = mapped_column(index=True)
    """When all failures are forgotten. Each failure moves it by the time one is remembered."""


class KnownDevice(Record):
    """A program that has signed in with a credential before. Its token opens nothing: whoever
    brings it has failed tries counted apart from those of strangers."""

    __tablename__ = "known_devices"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    credential_id: Mapped[int] = mapped_column(
        ForeignKey("credentials.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[bytes]
    previous_token_hash: Mapped[bytes | None]
    """Of the token before: the answer that brought the new one may have been lost."""
    last_used_at: Mapped[datetime] = mapped_column(index=True)


class Session(OfSchool):
    """A signed-in account in one role. Only hashes of its tokens are kept.

    role: The role it works in.
    created_at: When it began.
    last_used_at: When it was last refreshed.
    user_agent: What program it is used from, as the program says; null when it does not.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        unique_ours("access_hash"),
        unique_ours("refresh_hash"),
    )

    account_id: Mapped[int] = refers(Account)
    role: Mapped[Role]
    role_grant_id: Mapped[int | None] = refers(RoleGrant)
    """The grant the role rests on; null when it rests on a record: a child, a class, a card."""
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
    """The device it was begun on; null where that was forgotten."""


class SpentRefreshToken(OfSchool):
    """A refresh token that was exchanged for the next one of its session. Whoever brings it again
    has stolen it, or was robbed. It is kept as long as the token itself would have been good.

    spent_at: When it was exchanged.
    """

    __tablename__ = "spent_refresh_tokens"
    __table_args__ = (
        unique_ours("hash"),
        Index("by_session", "school_id", "session_id", "spent_at"),
        ours(
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
