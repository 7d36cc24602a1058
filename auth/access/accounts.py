"""Rules for accounts."""

from sqlalchemy import ColumnElement, and_, or_, true

from auth.actor import Column, Viewer
from auth.policy import CLASS, SCHOOL, Reach, permits, readable, whole_school
from auth.relationships.classes import classes_led, members_of_classes
from auth.rights import Right
from models.access.accounts import Account
from models.access.roles import RoleGrant
from models.base import holds_on
from models.people.guardians import Guardian, GuardianLink, LegalStatus
from models.people.persons import Person
from models.people.staff import Staff
from models.people.students import Student


def is_of_class(
    viewer: Viewer, person_id: Column, *links: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Whether a person is a pupil of a class that the viewer leads, or a guardian of one by a link
    that meets the conditions `links`."""
    pupils = members_of_classes(viewer, classes_led(viewer))
    guardians = viewer.keys(
        GuardianLink.guardian_id,
        GuardianLink.student_id.in_(pupils),
        holds_on(GuardianLink, viewer.today),
        *links,
    )
    return or_(
        person_id.in_(viewer.keys(Student.person_id, Student.id.in_(pupils))),
        person_id.in_(viewer.keys(Guardian.person_id, Guardian.id.in_(guardians))),
    )


@readable(Account, Right.ACCOUNTS_READ)
@permits(Account, Right.ACCOUNTS_WRITE)
def read_accounts(viewer: Viewer, account: type[Account]) -> Reach:
    """Class teachers reach the accounts of their pupils and those pupils' guardians."""
    return {CLASS: is_of_class(viewer, account.person_id), SCHOOL: true()}


@permits(Person, Right.ACCOUNTS_WRITE)
def open_accounts(viewer: Viewer, person: type[Person]) -> Reach:
    """Class teachers open accounts for their pupils and those pupils' guardians."""
    return {CLASS: is_of_class(viewer, person.id), SCHOOL: true()}


@permits(Account, Right.PASSWORDS_RESET)
def reset_passwords(viewer: Viewer, account: type[Account]) -> Reach:
    """Nobody resets their own password: that is `changePassword`. A person who resets a password
    can sign in as its holder. So class teachers may do it only for their pupils, and for guardians
    who have the right to information and do not work here. The whole-school scope reaches everyone
    who does not work here, and with the right to approve requests everyone."""
    working = or_(
        account.person_id.in_(viewer.keys(Staff.person_id)),
        account.person_id.in_(viewer.keys(RoleGrant.person_id)),
    )
    rightful = (
        GuardianLink.may_receive_info.is_(True),
        GuardianLink.legal_status != LegalStatus.TERMINATED,
    )
    others = account.person_id != viewer.person_id
    of_mine = is_of_class(viewer, account.person_id, *rightful)
    everyone = bool(viewer.scopes(Right.ROLES_GRANT_PROTECTED))
    return {
        CLASS: and_(others, of_mine, ~working),
        SCHOOL: others if everyone else and_(others, ~working),
    }


permits(Account, Right.AUDIT_READ)(whole_school)
