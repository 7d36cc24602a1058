"""The audiences of notices and letters: people of a class, a section or the school."""

from collections.abc import Iterable
from datetime import date

from resolvers.demo.families import Family
from resolvers.demo.names import Human
from resolvers.demo.roster import Pupil, Teacher


def is_of_age(human: Human, day: date) -> bool:
    return (day.year - human.born.year, day.month, day.day) >= (
        18,
        human.born.month,
        human.born.day,
    )


class Audience:
    """People by their place in the school today. Guardians are those who are informed of the child:
    not of a child of age, and not against the decision of a court."""

    def __init__(self, families: Iterable[Family], staff: list[Human], today: date) -> None:
        self.staff, self._today = staff, today
        self._families = list(families)
        self._logins = {human.login: human for human in self._all_people()}

    def _all_people(self) -> Iterable[Human]:
        yield from self.staff
        for family in self._families:
            yield from (pupil.human for pupil in family.children)
            yield from (member.human for member in family.adults)

    def find_login(self, login: str) -> Human | None:
        """Return the person with the login, if there is one here."""
        return self._logins.get(login)

    def pupils(self, where: str = "") -> list[Pupil]:
        """Return the pupils of the classes whose name begins so: `7А`, `7`, or all."""
        children = [pupil for family in self._families for pupil in family.children]
        return [p for p in children if not p.left_on and matches(p.klass.name, where)]

    def students(self, where: str = "") -> list[Human]:
        return [pupil.human for pupil in self.pupils(where)]

    def guardians(self, where: str = "") -> list[Human]:
        """Return the guardians of those students, each once."""
        wanted = set(self.pupils(where))
        found: dict[Human, None] = {}
        for family in self._families:
            of = [p for p in family.children if p in wanted]
            if any(not is_of_age(pupil.human, self._today) for pupil in of):
                found |= dict.fromkeys(a.human for a in family.adults if a.tie.informed)
        return list(found)


def matches(name: str, where: str) -> bool:
    """Whether `where` is the name or grade of the class, or empty: `1` is not 10А."""
    return where in ("", name, name[:-1])


def of_teachers(teachers: Iterable[Teacher]) -> list[Human]:
    """Return the teachers who work here today."""
    return [teacher.human for teacher in teachers if teacher.heir is None]
