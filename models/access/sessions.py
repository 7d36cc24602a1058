"""Sessions: who is signed in, in which role, and who tried in vain."""

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import ours, unique_ours


class SignInFailure(Record):
    """Wrong passwords given for a login, existing or not, since the last right one."""

    __tablename__ = "sign_in_failures"

    login_hash: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256, for people type passwords into the wrong field."""
    failures: Mapped[int]
    retry_at: Mapped[datetime]


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
