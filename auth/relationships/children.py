"""The children that a viewer answers for."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import build_keys_once
from models.base import holds_on
from models.people.guardians import GuardianLink, LegalStatus
from models.people.persons import Person
from models.people.students import Student

# -- whose ----------------------------------------------------------------------------


def is_of_age(viewer: Viewer, link: type[GuardianLink]) -> ColumnElement[bool]:
    """Whether the child of a guardian link is of age (domain.md e8)."""
    # A scalar subquery: for EXISTS PostgreSQL would hash all persons who are of age.
    child, person = aliased(Student), aliased(Person)
    of_age = select((person.adult_on <= viewer.today).label("of_age")).where(
        child.school_id == viewer.school_id,
        child.id == link.student_id,
        person.school_id == viewer.school_id,
        person.id == child.person_id,
    )
    found: ColumnElement[bool] = func.coalesce(of_age.correlate(link).scalar_subquery(), false())
    return found


def answers_today(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions by which a guardian link holds today: it lasts, no court took the right
    away, and the child is not of age or consents (domain.md e8, e9)."""
    lets = and_(
        GuardianLink.consent_from <= viewer.today,
        or_(GuardianLink.consent_to.is_(None), GuardianLink.consent_to > viewer.today),
    )
    return (
        holds_on(GuardianLink, viewer.today),
        GuardianLink.legal_status != LegalStatus.TERMINATED,
        or_(lets, ~is_of_age(viewer, GuardianLink)),
    )


@build_keys_once
def children_of(viewer: Viewer) -> Select[Any]:
    """Select the students that the viewer answers for today and may be informed of."""
    return viewer.keys(
        GuardianLink.student_id,
        GuardianLink.guardian_id == viewer.guardian_id,
        GuardianLink.may_receive_info.is_(True),
        *answers_today(viewer),
    )
