"""Making persons: the card that students, guardians and staff have alike."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Text, cast, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from auth.policy import reach, row_type, visible
from auth.rights import Right
from models.base import OfSchool
from models.people.names import ODD_NAMES, find_oddities, tidy
from models.people.persons import Person
from models.problems import Caution, Problem
from resolvers.core.cautions import store_override
from resolvers.core.context import Ctx
from resolvers.core.searching import persons_named


class BornInFuture(Problem):
    """Nobody is born after today; correct `birthDate`."""

    russian = "Эта дата рождения ещё не наступила; исправьте `birthDate`."


class BornTooLate(Problem):
    """Nobody is born on their first day here or later; correct `birthDate` or the first day."""

    russian = "Дата рождения не раньше первого дня; исправьте `birthDate` или первый день."


class AgeUnusual(Caution):
    """They would be {age} years old on the first day; look at `birthDate` again."""

    russian = "В первый день возраст составил бы {age}; проверьте `birthDate`."


PROBLEMS = (BornInFuture, BornTooLate)
"""The problems of a birth date."""
CAUTIONS = (*ODD_NAMES, AgeUnusual)
"""The warnings about the card of a person."""


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of a person: student, guardian or member of staff.

    person_id: The reference of its rows to the person.
    known: The warning where one of that name exists already.
    ages: The usual range of ages on the first day; None if the age is not checked.
    birth_dates: The right to read birth dates of such rows; None if they have none.
    """

    person_id: InstrumentedAttribute[Any]
    known: type[Caution]
    ages: tuple[int, int] | None = None
    birth_dates: Right | None = None

    @property
    def row(self) -> type[OfSchool]:
        row: Any = self.person_id.class_
        return row_type(row)


async def make_person(
    ctx: Ctx,
    kind: Kind,
    reason: str | None,
    *,
    family_name: str,
    given_name: str,
    patronymic: str | None,
    birth_date: date | None = None,
    since: date | None = None,
    **card: Any,
) -> tuple[Person, list[Caution]]:
    """Make a person that the school does not know yet, with a key for rows that refer to them.
    Returns
    the warnings, too: call `require_reason` with them when all rows are written.

    kind: The kind of person.
    reason: The reason that overrides warnings.
    since: Their first day.
    card: Other columns of a Person.

    Raises PROBLEMS.
    """
    names = {"family_name": family_name, "given_name": given_name, "patronymic": patronymic}
    kept = {field: tidy(name) if name else name for field, name in names.items()}
    person = Person(**kept, birth_date=birth_date, **card)
    cautions = [odd for field, name in kept.items() if name for odd in find_oddities(name, field)]
    if birth_date is not None:
        cautions += check_birth_date(
            birth_date, since or ctx.actor.today, ctx.actor.today, kind.ages
        )
    cautions += [
        kind.known(field="family_name", current=row) for row in await find_known(ctx, kind, person)
    ]
    store_override(person, cautions, reason)
    ctx.session.add(person)
    await ctx.session.flush()
    return person, cautions


def check_birth_date(
    birth_date: date, since: date, today: date, ages: tuple[int, int] | None
) -> list[Caution]:
    """Return the warnings about a birth date. Raises PROBLEMS."""
    if birth_date > today:
        raise BornInFuture(field="birth_date")
    if birth_date >= since:
        raise BornTooLate(field="birth_date")
    age = age_on(since, birth_date)
    if ages is None or ages[0] <= age <= ages[1]:
        return []
    return [AgeUnusual(field="birth_date", age=age)]


def age_on(day: date, birth_date: date) -> int:
    """Return the age in full years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


async def find_known(ctx: Ctx, kind: Kind, person: Person) -> list[Any]:
    """Find the row of the kind whose person is probably this one (domain.md e20): of the same
    family and given name, however they are spelt, and of no other patronymic or birth date as far
    as both are entered.

    Only rows that the viewer may read are compared, and birth dates only where the viewer may read
    them, so that a warning tells nothing new. Until the transaction ends nobody else makes a person
    of the name.
    """
    called = f"{person.family_name} {person.given_name}"
    # Without the lock two who enter one child at once would each find nobody.
    lock = func.hashtextextended(cast(func.name_words(called), Text), ctx.actor.school_id)
    await ctx.session.execute(select(func.pg_advisory_xact_lock(lock)))
    there: Any = aliased(Person)
    same = [
        there.school_id == kind.row.school_id,
        there.id == kind.person_id,
        func.name_words(there.family_name + " " + there.given_name) == func.name_words(called),
    ]
    if person.patronymic is not None:
        patronymic = func.folded(there.patronymic) == func.folded(person.patronymic)
        same.append(or_(there.patronymic.is_(None), patronymic))
    if person.birth_date is not None and kind.birth_dates is not None:
        unknown = ~func.coalesce(reach(ctx.viewer, kind.row, kind.birth_dates), False)
        born = or_(there.birth_date.is_(None), there.birth_date == person.birth_date)
        same.append(or_(unknown, born))
    named = kind.person_id.in_(persons_named(ctx.viewer, literal(called, Text)))
    query = visible(ctx.viewer, kind.row).where(named, select(there.id).where(*same).exists())
    return list(await ctx.rows(query.order_by(kind.row.id).limit(1), kind.row))
