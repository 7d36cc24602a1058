"""Plan the links of guardians and students from relationships.

The set says only that two people are related. It never undoes the decision of a court or the record
of a social pedagogue: of an existing link it can only move the days, and only to an earlier end.
"""

from typing import Any

from models.people.guardians import GuardianLink, GuardianRelation, LegalStatus
from models.people.persons import Person, Sex
from resolvers.exchange.oneroster.book import Entry
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import Planning
from resolvers.exchange.oneroster.records import Relationship
from resolvers.exchange.oneroster.spans import New, Wanted, settle
from resolvers.exchange.oneroster.vocabulary import Role

LAST_TO_CALL = 20


def plan_families(plan: Planning) -> None:
    shelf = plan.book[GuardianLink]
    here = shelf.group_by("guardian_id", "student_id")
    priorities: dict[int, int] = {}
    for entry in shelf:
        student = entry["student_id"]
        priorities[student] = max(priorities.get(student, 0), entry["contact_priority"])
    for it in plan.records.relationships.values():
        student = plan.students.get(it.student_id)
        guardian = plan.guardians.get(it.relative_id)
        if student is None or guardian is None or not it.guardian:
            continue
        links = here.get((guardian.id, student.id), [])
        for new in plan_link(plan, it, links, student, guardian):
            number = priorities[student.id] = priorities.get(student.id, 0) + 1
            put(plan, new, min(number, LAST_TO_CALL))


def plan_link(
    plan: Planning, it: Relationship, links: list[Entry], student: Entry, guardian: Entry
) -> list[New]:
    """Return the new link, if one is needed."""
    last = max(links, key=lambda link: link["valid_from"], default=None)
    label = f"{name(plan, guardian)} — {name(plan, student)}"
    gone = not it.active or plan.withdrawn(it.relative_id)
    if last is not None and last["legal_status"] is not LegalStatus.FULL and not gone:
        last.place, last.label = it.place, label
        return []
    # The set cannot give an existing link a later end.
    shorter = it.end is not None and (last is None or it.end < (last["valid_to"] or it.end))
    open_ended = last is not None and last["valid_to"] is None
    wanted = Wanted(
        target=guardian.id,
        begin=it.begin or plan.today,
        end=it.end if shorter or open_ended else None,
        begins=last is None and it.begin is not None,
        ends=shorter or (open_ended and it.end is not None),
        withdrawn=gone,
        place=it.place,
        label=label,
        values={**terms_of(plan, it, guardian), "student_id": student.id},
    )
    made = settle(links, [wanted], "guardian_id", plan.today, plan.tell)
    if made and it.role is Role.RELATIVE:
        told = {"value": name(plan, guardian), "taken": name(plan, student)}
        plan.tell(Code.RELATIVE_NOT_TOLD, it, **told)
    return made


def terms_of(plan: Planning, it: Relationship, guardian: Entry) -> dict[str, Any]:
    """Return the permissions of a new link: all for a parent or guardian, none for others."""
    legal = it.role is not Role.RELATIVE
    return {
        "relation": relation(plan, it, guardian),
        "legal_status": LegalStatus.FULL,
        "may_receive_info": legal,
        "may_contact": legal,
        "hide_whereabouts": not legal,
        "lives_with": legal,
    }


def relation(plan: Planning, it: Relationship, guardian: Entry) -> GuardianRelation:
    """Return mother or father if the documents or the patronymic show it."""
    if it.role is not Role.PARENT:
        return GuardianRelation.GUARDIAN
    person = plan.book[Person][guardian["person_id"]]
    patronymic = (person["patronymic"] or "").casefold()
    if person["sex"] is Sex.FEMALE or (person["sex"] is None and patronymic.endswith("на")):
        return GuardianRelation.MOTHER
    if person["sex"] is Sex.MALE or patronymic.endswith("ич"):
        return GuardianRelation.FATHER
    return GuardianRelation.GUARDIAN


def name(plan: Planning, entry: Entry) -> str:
    person = plan.book[Person][entry["person_id"]]
    return f"{person['family_name']} {person['given_name']}"


def put(plan: Planning, new: New, priority: int) -> None:
    days = {"valid_from": new.begin, "valid_to": new.end}
    fresh = {
        "guardian_id": new.wanted.target,
        "contact_priority": priority,
        **new.wanted.values,
        **days,
    }
    plan.book[GuardianLink].put(None, new.wanted.place, new.wanted.label, fresh)
