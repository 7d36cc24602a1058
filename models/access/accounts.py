"""Accounts. A login is the server's, an account is one person's in one school."""

from datetime import datetime
from enum import Enum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from models.access.roles import Role, RoleGrant
from models.base import OfSchool, Record, refers, words
from models.limits import ours, unique_ours
from models.overrides import Overridable
from models.people.persons import Person


class Credential(Record):
    """A login and its password, of one person. Never shown.

    Above the schools, because one mother may have children in two of them. Both schools go on to
    know her by the login that each of them gave out, also when one password opens both or when one
    of them has given her a new password: no school sees that another knows her (domain.md e3).
    """

    __tablename__ = "credentials"
    __table_args__ = (
        ours(UniqueConstraint("login", "branch")),
        ours(CheckConstraint("leads_to_id <> id", "leads_elsewhere")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    login: Mapped[str]
    """Lower case."""
    branch: Mapped[int] = mapped_column(server_default="0")
    """0 for the one to whom the login was given. A school that resets the password of a login that
    opens other schools, too, parts it: the same login, with a password of its own for that school,
    is the next branch."""
    leads_to_id: Mapped[int | None] = mapped_column(ForeignKey("credentials.id"), index=True)
    """The credential whose password this login now opens with: its holder brought the two together
    (`linkAccount`). Null for a login with a password of its own."""
    password_hash: Mapped[str]
    must_change_password: Mapped[bool]
    password_changed_at: Mapped[datetime]


class CredentialSchool(Record):
    """In which schools a login has an account. Above the schools, to find them at sign-in."""

    __tablename__ = "credential_schools"

    credential_id: Mapped[int] = mapped_column(ForeignKey("credentials.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)


class AccountStatus(Enum):
    """Whether an account can be used.

    ACTIVE: It can.
    LOCKED: It cannot, until it is unlocked.
    """

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"


class Account(OfSchool, Overridable):
    """That a person of the school can sign in (учётная запись).

    status: Whether it can be used.
    status_reason: Why it was last locked or unlocked; null if it never was.
    last_signed_in_at: When they last signed in; null if never.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("school_id", "person_id"),
        unique_ours("credential_id"),
        Index("by_last_sign_in", "school_id", "last_signed_in_at", "id"),
    )

    person_id: Mapped[int] = refers(Person, covered=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credentials.id"))
    known_as_id: Mapped[int | None] = mapped_column(ForeignKey("credentials.id"))
    """The login that the school gave out, where its holder now signs in with another, too; null
    where that is the login of the credential."""
    status: Mapped[AccountStatus]
    status_reason: Mapped[str | None] = words(300)
    last_signed_in_at: Mapped[datetime | None]
    password_may_be_known: Mapped[bool] = mapped_column(server_default=false())
    """Whether the last one-time password was handed out by somebody who may reset only some
    people's: when its holder gets a role, the password ends."""
    last_role: Mapped[Role | None]
    """The role they last worked in: the next sign-in that names none opens it again."""
    last_role_grant_id: Mapped[int | None] = refers(RoleGrant)
    """The grant that role rests on; null when it rests on a record."""
