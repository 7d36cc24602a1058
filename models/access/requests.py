"""Access requests, which take effect when a second person approves them."""

from datetime import date, datetime
from enum import Enum

from sqlalchemy import CheckConstraint, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.access.accounts import Account
from models.access.roles import AccessScope, GrantScope, Role, RoleGrant
from models.base import OfSchool, refers, words
from models.limits import mark_internal, means, unique_internal
from models.people.persons import Person
from models.problems import Conflict
from models.structure.classes import SchoolClass


class AccessChange(Enum):
    """The change that an access request asks for.

    GRANT_ROLE: It gives a person a role (назначить роль).
    REVOKE_ROLE: It ends a role grant (снять роль).
    SET_ROLE_RIGHTS: It changes what a role may do (изменить права роли).
    UNLOCK_ACCOUNT: It unlocks an account (разблокировать учётную запись).
    """

    GRANT_ROLE = "GRANT_ROLE"
    REVOKE_ROLE = "REVOKE_ROLE"
    SET_ROLE_RIGHTS = "SET_ROLE_RIGHTS"
    UNLOCK_ACCOUNT = "UNLOCK_ACCOUNT"


class RequestStatus(Enum):
    """How far an access request has come.

    PENDING: It waits for a second person (ждёт решения).
    APPROVED: It was approved and has taken effect (утверждена).
    REFUSED: It was refused, with a reason (отклонена).
    WITHDRAWN: The person who filed it withdrew it (отозвана).
    EXPIRED: Nobody decided on it in time (срок истёк).
    """

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class AlreadyRequested(Conflict):
    """The same is requested already; wait for the decision, or withdraw that request first."""

    russian = "Такая заявка уже подана: дождитесь решения или сначала отзовите её."


SHAPE = {
    "expires_at": "expires_at > requested_at",
    "decided_at": "(status = 'PENDING') = (decided_at IS NULL)",
    "decided_by": "(status IN ('APPROVED', 'REFUSED')) = (decided_by_id IS NOT NULL)",
    "refused_why": "(status = 'REFUSED') = (decision_reason IS NOT NULL)",
    "two_persons": "decided_by_id <> requested_by_id",
    "not_for_oneself": (
        "status <> 'APPROVED' OR kind = 'REVOKE_ROLE' OR person_id IS NULL OR"
        " decided_by_id <> person_id"
    ),
    "role_named": "(kind = 'UNLOCK_ACCOUNT') = (role IS NULL)",
    "account_named": "(kind = 'UNLOCK_ACCOUNT') = (account_id IS NOT NULL)",
    "grant_named": "(kind = 'REVOKE_ROLE') = (revoked_grant_id IS NOT NULL)",
    "rights": "(kind = 'SET_ROLE_RIGHTS') = (rights_revision IS NOT NULL)",
    "person_named": "(kind = 'SET_ROLE_RIGHTS') = (person_id IS NULL)",
    "grant_described": (
        "(kind = 'GRANT_ROLE') = (scope IS NOT NULL) AND (kind = 'GRANT_ROLE')"
        " = (valid_from IS NOT NULL)"
    ),
}
"""The columns that a request has, by kind and status. The commands keep to it and the database is
the last judge: nobody decides on their own request or in their own favour."""


class AccessRequest(OfSchool):
    """A request to change who may do what (заявка на изменение доступа). It takes effect when a
    second person approves it, who neither filed it nor gains by it (domain.md c.3.5).

    kind: The change it asks for.
    role: The role it is about; null for UNLOCK_ACCOUNT.
    scope: How much of the school the role is for; only with GRANT_ROLE.
    grade_level: The year of study; only with GRADE_LEVEL.
    valid_from: First day of the role; only with GRANT_ROLE.
    valid_to: First day on which the role no longer holds; null while it
        lasts, or from the approval on.
    basis: The paper or the reason it rests on.
    requested_at: When it was filed.
    expires_at: When it expires if nobody decides on it.
    decided_at: When it was approved, refused or withdrawn; null until then.
    decision_reason: Why it was refused; null unless it was.
    concerns_director: Whether a director filed it or gains by it; then a deputy director decides.
    version: Counts changes from 1; send it back as `expectedVersion`.
    """

    __tablename__ = "access_requests"
    __table_args__ = (
        Index("newest", "school_id", "requested_at", "id"),
        means(
            Index(
                "one_pending",
                "school_id",
                "subject",
                unique=True,
                postgresql_where=text("status = 'PENDING'"),
            ),
            AlreadyRequested,
            None,
        ),
        *(mark_internal(CheckConstraint(sql, name)) for name, sql in SHAPE.items()),
    )

    kind: Mapped[AccessChange]
    status: Mapped[RequestStatus]
    """It stays PENDING after it has expired, until another request for the same is filed."""
    subject: Mapped[str]
    """Its object in one line; there is at most one pending request for the same."""
    role: Mapped[Role | None]
    person_id: Mapped[int | None] = refers(Person)
    scope: Mapped[GrantScope | None]
    grade_level: Mapped[int | None]
    school_class_id: Mapped[int | None] = refers(SchoolClass)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    revoked_grant_id: Mapped[int | None] = refers(RoleGrant)
    made_grant_id: Mapped[int | None] = refers(RoleGrant)
    account_id: Mapped[int | None] = refers(Account)
    rights_revision: Mapped[str | None]
    """The revision of the role's rights when it was filed. If they have changed by the time of the
    decision, the request is outdated."""
    adds_rights: Mapped[bool] = mapped_column(server_default=false())
    """Whether it would give a role a right that the role does not hold."""
    basis: Mapped[str] = words(300)
    concerns_director: Mapped[bool]
    requested_by_id: Mapped[int] = refers(Person)
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = refers(Person)
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = words(300)


class RequestedRight(OfSchool):
    """A right that a request would give to a role, or take from it (запрошенное право).

    permission: The right, e.g. `marks:read`.
    scope: How far it reaches.
    is_added: Whether the role would gain it; otherwise it would lose it.
    """

    __tablename__ = "requested_rights"
    __table_args__ = (unique_internal("access_request_id", "permission", "scope"),)

    access_request_id: Mapped[int] = refers(AccessRequest, covered=True)
    permission: Mapped[str] = words(60)
    scope: Mapped[AccessScope]
    is_added: Mapped[bool]
