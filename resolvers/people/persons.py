"""Taking up people: the card that a student, a guardian and a teacher have alike."""

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
from resolvers.core.cautions import keep
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
"""Why nobody can be born on that day."""
CAUTIONS = (*ODD_NAMES, AgeUnusual)
"""What speaks against the card of anybody."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What somebody is to be.

    person_id: The reference of its rows to the person.
    known: What is told where one of that name is there already.
    ages: The youngest and the oldest they are on the first day, usually; None: it is not asked.
    birth_dates: The right to know birth dates of such rows; None: nobody has one.
    """

    person_id: InstrumentedAttribute[Any]
    known: type[Caution]
    ages: tuple[int, int] | None = None
    birth_dates: Right | None = None

    @property
    def row(self) -> type[OfSchool]:
        row: Any = self.person_id.class_
        return row_type(row)


async def new_person(
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
    """Someone the school does not know yet, with a key for what is to refer to them, and what
    speaks against it: `insist` on it when all rows are written.

    kind: What they are to be.
    reason: Why they are taken up although something speaks against it.
    since: The first day they are it.
    card: Other columns of a Person.

    Raises PROBLEMS.
    """
    names = {"family_name": family_name, "given_name": given_name, "patronymic": patronymic}
    kept = {field: tidy(name) if name else name for field, name in names.items()}
    person = Person(**kept, birth_date=birth_date, **card)
    cautions = [odd for field, name in kept.items() if name for odd in find_oddities(name, field)]
    if birth_date is not None:
        cautions += of_birth(birth_date, since or ctx.actor.today, ctx.actor.today, kind.ages)
    cautions += [
        kind.known(field="family_name", current=row) for row in await known_as(ctx, kind, person)
    ]
    keep(person, cautions, reason)
    ctx.session.add(person)
    await ctx.session.flush()
    return person, cautions


def of_birth(
    birth_date: date, since: date, today: date, ages: tuple[int, int] | None
) -> list[Caution]:
    """What speaks against a birth date. Raises PROBLEMS."""
    if birth_date > today:
        raise BornInFuture(field="birth_date")
    if birth_date >= since:
        raise BornTooLate(field="birth_date")
    age = age_on(since, birth_date)
    if ages is None or ages[0] <= age <= ages[1]:
        return []
    return [AgeUnusual(field="birth_date", age=age)]


def age_on(day: date, birth_date: date) -> int:
    """Full years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


async def known_as(ctx: Ctx, kind: Kind, person: Person) -> list[Any]:
    """The row of the kind whose person is probably this one, if there is one (domain.md e20): of
    the same family and given name, however they are spelt, and of no other patronymic or birth
    date as far as both are entered.

    Only rows that the viewer may read are looked at, and birth dates only where the viewer may
    know them: so a warning says nothing that could not be read. Until the transaction ends nobody
    else takes up anyone of the name.
    """
    called = f"{person.family_name} {person.given_name}"
    # Two who take up one child at once would each find nobody.
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
