"""Plan personal cards and students from users."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Any, Final

from models.people.names import find_oddities, fold
from models.people.persons import Person, Sex
from models.people.private import StudentContacts
from models.people.students import Enrollment, Student, StudentStatus, StudyForm
from models.school.calendar import AcademicYear
from resolvers.exchange.oneroster.book import Entry, Shelf
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.planning import PUPILS, Planning
from resolvers.exchange.oneroster.records import RoleRecord, User
from resolvers.exchange.oneroster.vocabulary import Role
from resolvers.people.persons import Kind, age_on
from resolvers.people.students import STUDENT

OLDEST: Final = date(1900, 1, 1)
FILE_NUMBER: Final = 40


class Cards:
    """The people of one school in its book."""

    def __init__(self, plan: Planning) -> None:
        self.plan, self.book = plan, plan.book
        self.persons = self._persons()
        self.known = self._find_people()
        self.file_numbers = set(self.book[Student].rows_by("personal_file_no"))
        self.stays = self.book[Enrollment].group_by("student_id")
        self.student_contacts = self.book[StudentContacts].rows_by("student_id")
        self.begins = self._first_days()
        current = [y for y in self.book[AcademicYear] if y["starts_on"] <= plan.today]
        self.usual = max((y["starts_on"] for y in current), default=plan.today)

    def _persons(self) -> dict[str, Entry]:
        """{user: person}, one person for all roles of a user."""
        plan, shelf = self.plan, self.book[Person]
        cards = (plan.students, plan.guardians, plan.staff)
        return {key: shelf[it["person_id"]] for rows in cards for key, it in rows.items()}

    def _find_people(self) -> dict[tuple[str, date], str]:
        """{name and birth date: user} of existing people, to find duplicates."""
        keys = {entry.id: key for key, entry in self.persons.items()}
        return {
            (full_name(it), it["birth_date"]): keys.get(it.id, "—")
            for it in self.book[Person]
            if it["birth_date"]
        }

    def _first_days(self) -> dict[str, date]:
        """{user: their first day in a class of this school, by the set}."""
        mine = {it.sourced_id for it in self.plan.class_records}
        found: dict[str, date] = {}
        for it in self.plan.records.enrollments.values():
            if it.begin and it.class_id in mine:
                found[it.user_id] = min(it.begin, found.get(it.user_id, it.begin))
        return found

    def roles(self, user: User, kinds: Iterable[Role], active: bool = True) -> list[RoleRecord]:
        roles = self.plan.roles.get(user.sourced_id, ())
        return [it for it in roles if it.role in kinds and (it.active or not active)]

    def stays_as(self, user: User, kinds: Iterable[Role], here: Entry | None) -> bool:
        """Whether a user has such a role by the set. An existing person need not be repeated."""
        if not user.active:
            return False
        return bool(self.roles(user, kinds)) or (
            here is not None and not self.roles(user, kinds, active=False)
        )

    # -- the person -------------------------------------------------------------------

    def person(self, user: User) -> Entry:
        said: dict[str, Any] = {"family_name": user.family_name, "given_name": user.given_name}
        if user.middle_name:
            said["patronymic"] = user.middle_name
        about = self.plan.records.demographics.get(user.sourced_id)
        if about and about.active and about.sex:
            said["sex"] = Sex[about.sex.name]
        if about and about.active and about.birth_date:
            if OLDEST <= about.birth_date < self.plan.today:
                said["birth_date"] = about.birth_date
            else:
                self.plan.tell(Code.BIRTH_DATE_ODD, about, "birthDate", value=about.birth_date)
        found = self.persons.get(user.sourced_id)
        person = self.book[Person].put(found, user.place, describe_user(user), **said)
        if found is None:
            self.persons[user.sourced_id] = person
            for column, name in (
                ("familyName", user.family_name),
                ("givenName", user.given_name),
                ("middleName", user.middle_name),
            ):
                if name and find_oddities(name, column):
                    self.plan.tell(Code.NAME_ODD, user, column, value=name)
            alike = self.known.get((full_name(person), person["birth_date"]))
            if alike:
                name = f"{describe_user(user)}, {person['birth_date']}"
                self.plan.tell(Code.POSSIBLE_DUPLICATE, user, value=name, taken=alike)
        return person

    def check_age(self, user: User, card: Entry, since: date, kind: Kind) -> None:
        """Find a new person of an unusual age on the first day."""
        born = self.book[Person][card["person_id"]]["birth_date"]
        if card.before is not None or born is None or kind.ages is None:
            return
        youngest, oldest = kind.ages
        if not youngest <= (age := age_on(since, born)) <= oldest:
            self.plan.tell(Code.AGE_UNUSUAL, user, value=describe_user(user), taken=age)

    def contacts(
        self, shelf: Shelf, found: Entry | None, user: User, owner: dict[str, Any]
    ) -> None:
        """Plan the contacts of the set; an empty cell removes nothing."""
        said = {"phone": user.phone or user.sms, "email": user.email}
        said = {name: value for name, value in said.items() if value}
        if said:
            shelf.put(found, user.place, describe_user(user), owner, **said)

    # -- students ---------------------------------------------------------------------

    def student(self, user: User) -> None:
        found = self.plan.students.get(user.sourced_id)
        if self.stays_as(user, PUPILS, found):
            self._enrol(user, found)
        elif found is not None and self.named_as(user, PUPILS):
            self._leave(user, found)

    def named_as(self, user: User, kinds: Iterable[Role]) -> bool:
        return not user.active or bool(self.roles(user, kinds, active=False))

    def _enrol(self, user: User, found: Entry | None) -> None:
        began = [it.begin for it in self.roles(user, PUPILS) if it.begin]
        if user.sourced_id in self.begins:
            began.append(self.begins[user.sourced_id])
        since = min(began, default=self.usual)
        person, label = self.person(user), describe_user(user)
        fresh = {"person_id": person.id, "admitted_on": since, "status": StudentStatus.ENROLLED}
        said = {"personal_file_no": self._file_number(user, found), "sourced_id": user.sourced_id}
        student = self.book[Student].put(found, user.place, label, fresh, **said)
        self.plan.students[user.sourced_id] = student
        self.check_age(user, student, since, STUDENT)
        contacts = self.student_contacts.get(student.id)
        self.contacts(self.book[StudentContacts], contacts, user, {"student_id": student.id})
        stays = self.stays.get((student.id,), [])
        last = max(stays, key=lambda stay: stay["entry_date"], default=None)
        if last is None or self._returns(user, student, last, max(began, default=None)):
            begin = max(began, default=since) if last else since
            stay = {"student_id": student.id, "entry_date": begin, "form": StudyForm.FULL_TIME}
            self.book[Enrollment].put(None, user.place, label, stay)
            student.values["status"] = StudentStatus.ENROLLED
        else:
            self.book[Enrollment].put(last, user.place, label)

    def _returns(self, user: User, student: Entry, last: Entry, began: date | None) -> bool:
        """Whether a student who has left is admitted again: only by a later day in the set."""
        if last["exit_date"] is None and student["status"] is StudentStatus.ENROLLED:
            return False
        if last["exit_date"] and began and began > last["exit_date"]:
            return True
        if last["exit_date"] is None or last["exit_date"] <= self.plan.today:
            gone = last["exit_date"] or "—"
            self.plan.tell(Code.ENDED_HERE, user, value=describe_user(user), taken=gone)
            self.plan.left_students[student.id] = last["exit_date"] or self.plan.today
        return False

    def _leave(self, user: User, student: Entry) -> None:
        today, label = self.plan.today, describe_user(user)
        stays = [it for it in self.stays.get((student.id,), []) if it["exit_date"] is None]
        self.book[Student].put(student, user.place, label)
        if student["status"] is StudentStatus.ENROLLED:
            student.values["status"] = StudentStatus.LEFT
            for stay in stays:
                self.book[Enrollment].put(stay, user.place, label).end(
                    "exit_date", today, stay["entry_date"]
                )
                stay.values["exit_reason"] = "Выбыл по данным импорта"
        self.plan.left_students[student.id] = today

    def _file_number(self, user: User, found: Entry | None) -> str:
        """Return the official number, or the sender's identifier, shortened if necessary."""
        own = found["personal_file_no"] if found else None
        if found and not user.identifier:
            return str(own)
        wishes = [it for it in (user.identifier, user.sourced_id) if 0 < len(it) <= FILE_NUMBER]
        digest = sha256(user.sourced_id.encode()).hexdigest()
        wishes.append(f"{user.sourced_id[: FILE_NUMBER - 13]}~{digest[:12]}")
        number = next(it for it in wishes if it == own or it not in self.file_numbers)
        if user.identifier and number != user.identifier:
            self.plan.tell(
                Code.FILE_NUMBER_TAKEN, user, "identifier", value=user.identifier, taken=number
            )
        self.file_numbers.add(number)
        return number


def describe_user(user: User) -> str:
    return " ".join(it for it in (user.family_name, user.given_name, user.middle_name) if it)


def full_name(person: Entry) -> str:
    parts = (person["family_name"], person["given_name"], person["patronymic"])
    return fold(" ".join(part for part in parts if part))
