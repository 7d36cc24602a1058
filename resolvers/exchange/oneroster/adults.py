"""Plan guardians and staff from users."""

from typing import Final

from models.people.guardians import Guardian
from models.people.private import GuardianContacts
from models.people.staff import Staff
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.cards import FILE_NUMBER, Cards, describe_user
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import NOT_STAFF, Planning
from resolvers.exchange.oneroster.records import RoleRecord, User
from resolvers.exchange.oneroster.vocabulary import GUARDIANS, Role
from resolvers.people.staff import STAFF

WORK: Final = tuple(role for role in Role if role not in NOT_STAFF)
POSITIONS: Final = {
    Role.TEACHER: "Учитель",
    Role.PRINCIPAL: "Директор",
    Role.ADMINISTRATOR: "Администратор",
    Role.IT_ADMINISTRATOR: "Администратор системы",
    Role.DISTRICT_ADMINISTRATOR: "Специалист управления образования",
    Role.OFFICE_STAFF: "Секретарь",
    Role.COUNSELOR: "Педагог-психолог",
    Role.NURSE: "Медицинский работник",
    Role.AIDE: "Ассистент",
    Role.PROCTOR: "Дежурный",
    Role.STAFF: "Сотрудник",
}
"""The position of a new employee. The school may change it later; an import keeps the change."""


def plan_people(plan: Planning) -> None:
    """Plan students, then guardians, who depend on the students here, and staff."""
    cards, users = Cards(plan), plan.records.users.values()
    for user in users:
        cards.student(user)
    family = plan.guardians.keys() | {
        it.relative_id
        for it in plan.records.relationships.values()
        if it.guardian and it.active and it.student_id in plan.students
    }
    contacts = plan.book[GuardianContacts].rows_by("guardian_id")
    numbers = set(plan.book[Staff].rows_by("personnel_no"))
    for user in users:
        if user.active and (user.sourced_id in family or cards.roles(user, GUARDIANS)):
            guardian(cards, user, contacts)
        employee(cards, user, numbers)
        for role in cards.roles(user, (Role.OTHER,)) if user.active else ():
            plan.tell(Code.ROLE_NOT_TAKEN, role, "role", value=role.word)


def guardian(cards: Cards, user: User, contacts: dict[int, Entry]) -> None:
    plan = cards.plan
    found = plan.guardians.get(user.sourced_id)
    fresh = {"person_id": cards.person(user).id, "sourced_id": user.sourced_id}
    entry = plan.book[Guardian].put(found, user.place, describe_user(user), fresh)
    plan.guardians[user.sourced_id] = entry
    owner = {"guardian_id": entry.id}
    cards.contacts(plan.book[GuardianContacts], contacts.get(entry.id), user, owner)


def employee(cards: Cards, user: User, numbers: set[str]) -> None:
    """Hire, keep or dismiss an employee."""
    plan = cards.plan
    found = plan.staff.get(user.sourced_id)
    if cards.stays_as(user, WORK, found):
        hire(cards, user, found, numbers)
    elif found is not None and cards.named_as(user, WORK):
        plan.book[Staff].put(found, user.place, describe_user(user))
        if found["dismissed_on"] is None or found["dismissed_on"] > plan.today:
            found.end("dismissed_on", plan.today, found["hired_on"])
        plan.left_staff[found.id] = found["dismissed_on"]


def hire(cards: Cards, user: User, found: Entry | None, numbers: set[str]) -> None:
    plan, roles = cards.plan, cards.roles(user, WORK)
    began = [it.begin for it in roles if it.begin]
    if user.sourced_id in cards.begins:
        began.append(cards.begins[user.sourced_id])
    number = user.identifier if user.identifier not in numbers else ""
    fresh = {
        "person_id": cards.person(user).id,
        "position": position(roles),
        "hired_on": min(began, default=cards.usual),
        "personnel_no": number if 0 < len(number) <= FILE_NUMBER else None,
        "sourced_id": user.sourced_id,
    }
    numbers.add(number)
    said = {"work_email": user.email} if user.email else {}
    entry = plan.book[Staff].put(found, user.place, describe_user(user), fresh, **said)
    plan.staff[user.sourced_id] = entry
    cards.check_age(user, entry, entry["hired_on"], STAFF)
    gone = entry["dismissed_on"]
    if gone is not None and gone <= plan.today:
        plan.tell(Code.ENDED_HERE, user, value=describe_user(user), taken=gone)
        plan.left_staff[entry.id] = gone


def position(roles: list[RoleRecord]) -> str:
    main = next((it for it in roles if it.primary), roles[0] if roles else None)
    return POSITIONS[main.role if main else Role.STAFF]
