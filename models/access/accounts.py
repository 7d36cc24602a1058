"""Accounts. A login is the server's, an account is one person's in one school."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import mark_internal, unique_internal
from models.overrides import Overridable
from models.people.persons import Person


class Credential(Record):
    """A login and its password, of one person. It is never shown.

    It belongs to no school, because one mother may have children in two. Each school goes on to
    know her by the login that it gave out, also when one password opens both or when one of them
    has given her a new password: no school sees that another knows her (domain.md e3).
    """

    __tablename__ = "credentials"
    __table_args__ = (
        mark_internal(UniqueConstraint("login", "branch")),
        mark_internal(CheckConstraint("leads_to_id <> id", "leads_elsewhere")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    login: Mapped[str]
    """Lower case."""
    branch: Mapped[int] = mapped_column(server_default="0")
    """0 for the credential that the login was given out with. When a school resets the password of
    a login that opens other schools, too, it makes the next branch: the same login, with a
    password for that school alone."""
    leads_to_id: Mapped[int | None] = mapped_column(ForeignKey("credentials.id"), index=True)
    """The credential whose password this login opens with, after its holder linked the two
    (`linkAccount`). Null for a login with a password of its own."""
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    password_changed_at: Mapped[datetime]


class CredentialSchool(Record):
    """A school in which a login has an account. It stands outside of the walls of the schools,
    because sign-in looks for them by it."""

    __tablename__ = "credential_schools"

    credential_id: Mapped[int] = mapped_column(ForeignKey("credentials.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)


class AccountStatus(Enum):
    """Whether an account can be used.

    ACTIVE: It can be used.
    LOCKED: It cannot be used until it is unlocked.
    """

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"


class Account(OfSchool, Overridable):
    """An account: it lets a person of the school sign in (учётная запись).

    status: Whether it can be used.
    status_reason: Why it was last locked or unlocked; null if it never was.
    last_signed_in_at: When they last signed in; null if never.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("school_id", "person_id"),
        unique_internal("credential_id"),
        Index("by_last_sign_in", "school_id", "last_signed_in_at", "id"),
    )

    person_id: Mapped[int] = refers(Person, covered=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credentials.id"))
    known_as_id: Mapped[int | None] = mapped_column(ForeignKey("credentials.id"))
    """The login that the school gave out, if its holder now signs in with another, too; null where
    that is the login of the credential."""
    status: Mapped[AccountStatus]
    status_reason: Mapped[str | None] = words(300)
    last_signed_in_at: Mapped[datetime | None]
    password_may_be_known: Mapped[bool] = mapped_column(server_default=false())
    """Whether the last one-time password was handed out by somebody who may reset the passwords of
    some people only. Then the password ends when its holder gets a role: otherwise they could
    sign in with that role."""
    last_role: Mapped[Role | None]
    """The role they last worked in; a sign-in that names no role opens it again."""
    last_role_grant_id: Mapped[int | None] = refers(RoleGrant)
    """The grant that the role rests on; null when it rests on a record."""
