"""Documents, addresses and health: sensitive data, encrypted as in the product."""

from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

from models.base import OfSchool
from models.people.private import (
    DocumentKind,
    GuardianContacts,
    StaffIdentity,
    StudentContacts,
    StudentHealth,
    StudentIdentity,
)
from models.secrets import compute_check_digits, mask_document, mask_snils
from resolvers.demo.families import Family
from resolvers.demo.ground import Site
from resolvers.demo.names import Human
from resolvers.demo.roster import Pupil

FIRST_SNILS, SNILS_STEP, SNILS_SPAN = 100_000_000, 104_729_777, 800_000_000
"""The step and the span have no common divisor, so that numbers look random and never repeat."""
PASSPORT_FROM = 14
PHONE_FROM = 9
"""The age from which children have a phone of their own."""
ACCOMMODATIONS = (
    "Сидеть на первой парте: близорукость", "Ограничить чтение мелкого шрифта",
    "Не вызывать к доске после приступа астмы", "Давать больше времени на письменные работы",
    "Аллергия на орехи",
)  # fmt: skip


class Papers:
    """The writer of sensitive data of students, guardians and staff."""

    def __init__(self, site: Site) -> None:
        self._site, self._rng = site, site.rng("papers")
        self._people = count(100_000 * site.plan.number + site.seed % 50_000)
        self._phones = count(1)

    def of_student(self, pupil: Pupil, family: Family) -> None:
        entered = pupil.human.login or self._rng.random() < self._site.plan.paper_share
        phone = self._phone() if self._age(pupil.human) >= PHONE_FROM else None
        self._contacts(StudentContacts, "student_id", pupil.id, phone, None, family.address)
        if entered:
            self._identity(StudentIdentity, "student_id", pupil.id, pupil.human, pupil.foreign)
            self._site.ledger[StudentHealth].put(student_id=pupil.id, **self._health(pupil))

    def of_guardian(self, guardian: int, human: Human, address: str) -> None:
        email = f"{human.login or 'family' + str(guardian)}@mail.example"
        self._contacts(GuardianContacts, "guardian_id", guardian, self._phone(), email, address)

    def of_staff(self, staff: int, human: Human) -> None:
        self._identity(StaffIdentity, "staff_id", staff, human, foreign=False)

    def _age(self, human: Human) -> int:
        return (self._site.today - human.born).days // 365

    def _phone(self) -> str:
        """Return a mobile number in an unassigned range."""
        number = next(self._phones) + self._site.plan.number * 4000
        return f"+7 900 00{number // 10000}-{number // 100 % 100:02d}-{number % 100:02d}"

    def _contacts(
        self,
        row: type[OfSchool],
        of: str,
        owner: int,
        phone: str | None,
        email: str | None,
        at: str,
    ) -> None:
        place = (row.__tablename__, "address", self._site.school_id, owner)
        sealed = self._site.secrets.seal(at, *place)
        values = {of: owner, "phone": phone, "email": email, "address_encrypted": sealed}
        self._site.ledger[row].put(**values)

    def _identity(
        self, row: type[OfSchool], of: str, owner: int, human: Human, foreign: bool
    ) -> None:
        secrets, place = self._site.secrets, (self._site.school_id, owner)
        kind, number, issued_by, issued_on = self._document(human, foreign)
        table, bare = row.__tablename__, number.replace(" ", "")
        snils = self._snils()
        self._site.ledger[row].put(
            **{of: owner},
            document_kind=kind,
            document_encrypted=secrets.seal(bare, table, "document", *place),
            document_masked=mask_document(number),
            issued_by=issued_by,
            issued_on=issued_on,
            snils_encrypted=secrets.seal(snils, table, "snils", *place),
            snils_index=secrets.index(snils),
            snils_masked=mask_snils(snils),
        )

    def _snils(self) -> str:
        digits = str(FIRST_SNILS + next(self._people) * SNILS_STEP % SNILS_SPAN)
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {compute_check_digits(digits):02d}"

    def _document(self, human: Human, foreign: bool) -> tuple[DocumentKind, str, str, date]:
        rng, number = self._rng, f"{self._rng.randrange(100_000, 999_999)}"
        if foreign:
            issued_on = human.born + timedelta(days=400)
            return DocumentKind.FOREIGN, f"N{number}78", "МВД Республики Казахстан", issued_on
        if self._age(human) < PASSPORT_FROM:
            issued_on = human.born + timedelta(days=rng.randint(5, 40))
            return DocumentKind.BIRTH_CERTIFICATE, f"II-ТО {number}", "Отдел ЗАГС", issued_on
        age = next(age for age in (45, 20, 14) if self._age(human) >= age)
        issued_on = human.born + timedelta(days=round(age * 365.25) + rng.randint(3, 60))
        issued_on = min(issued_on, self._site.today)
        passport = f"01 {issued_on:%y} {number}"
        return DocumentKind.PASSPORT, passport, "ГУ МВД России по Алтайскому краю", issued_on

    def _health(self, pupil: Pupil) -> dict[str, Any]:
        rng = self._rng
        sport = rng.choices(("основная", "подготовительная", "специальная А"), (80, 17, 3))[0]
        special, disabled = rng.random() < 0.06, rng.random() < 0.02
        needs_care = pupil.freed_from_sport or special or rng.random() < 0.05
        return {
            "health_group": rng.choices((1, 2, 3, 4), (25, 52, 20, 3))[0],
            "physical_education": "специальная Б" if pupil.freed_from_sport else sport,
            "accommodations": rng.choice(ACCOMMODATIONS) if needs_care else None,
            "is_disabled": disabled,
            "has_special_needs": special,
        }


def make_other_address(rng: Random, site: Site) -> str:
    """Return the address of a parent who lives apart."""
    card = site.plan.card
    return f"{card.place}, ул. {rng.choice(card.streets)}, д. {rng.randint(61, 90)}"
