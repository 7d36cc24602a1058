"""Sessions: who is signed in, in which role, and who tried in vain."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from models.access.accounts import Account
from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import unique_ours


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
        Index("spent_refresh", "school_id", "spent_refresh_hash"),
    )

    account_id: Mapped[int] = refers(Account)
    role: Mapped[Role]
    role_grant_id: Mapped[int | None] = refers(RoleGrant)
    """The grant the role rests on; null when it rests on a record: a child, a class, a card."""
    access_hash: Mapped[bytes]
    access_expires_at: Mapped[datetime]
    refresh_hash: Mapped[bytes]
    spent_refresh_hash: Mapped[bytes | None]
    """The refresh token before this one: whoever still brings it has stolen it, or was robbed."""
    refresh_expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str | None] = words(300)
