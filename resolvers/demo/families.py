"""The children of a school and their families: those of the cast, and random ones."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from models.people.guardians import GuardianRelation
from models.people.persons import Sex
from resolvers.demo.cast import FATHER, FATHER_APART, MOTHER, Household, Kid, Tie
from resolvers.demo.ground import Site
from resolvers.demo.names import MEN, SURNAMES, Human, make_adult, make_child, make_human
from resolvers.demo.roster import Klass, Pupil
from resolvers.school.federal_subjects import ENGLISH

YEAR = 365
ENTERED_AT = 7
"""The approximate age of children who enter grade 1."""
SENIOR = 10
MOST_CHILDREN = 3


@dataclass(slots=True, eq=False)
class Adult:
    human: Human
    tie: Tie
    id: int = 0
    """The id of the guardian's row."""


@dataclass(slots=True, eq=False)
class Family:
    """The people at an address; children have the father's name in their patronymics."""

    root: str
    father: str
    address: str
    adults: list[Adult] = field(default_factory=list)
    children: list[Pupil] = field(default_factory=list)


class Population:
    """The families that fill the seats of the classes."""

    def __init__(self, site: Site, classes: list[Klass], staff: dict[str, Human]) -> None:
        self._site, self._staff = site, staff
        self._rng = site.rng("families")
        self._classes = {klass.name: klass for klass in classes}
        self.families = [self._household(household) for household in site.plan.cast.households]
        made_up: list[Family] = []
        for klass in sorted(classes, key=lambda klass: -klass.grade):
            taken = sum(pupil.stays[0][0] is klass for pupil in klass.pupils)
            for _ in range(site.plan.classes[klass.name] - taken):
                self._seat(klass, made_up)
        self.families += made_up
        for klass in classes:
            klass.pupils.sort(key=lambda pupil: str(pupil.human).replace("ё", "е"))

    @property
    def pupils(self) -> list[Pupil]:
        return [pupil for family in self.families for pupil in family.children]

    def _household(self, household: Household) -> Family:
        family = Family("", "", self._address())
        family.children = [self._kid(kid) for kid in household.kids]
        youngest = max(pupil.human.born for pupil in family.children)
        for relative in household.relatives:
            grandmother = relative.tie.relation is GuardianRelation.GUARDIAN
            born = self._parent_born(youngest) - timedelta(days=grandmother * 22 * YEAR)
            human = self._staff.get(relative.login) or make_human(
                relative.name, born, relative.login
            )
            family.adults.append(Adult(human, relative.tie))
        return family

    def _kid(self, kid: Kid) -> Pupil:
        klass = self._classes[kid.klass]
        born = self._born(klass.grade)
        if kid.of_age:
            born = date(self._site.year.since - 18, 6, 20)
        pupil = self._enrol(klass, make_human(kid.name, born, kid.login))
        pupil.freed_from_sport, pupil.foreign = kid.freed_from_sport, kid.foreign
        since = pupil.stays[0][1]
        if kid.arrives and (arrived := self._site.day(*kid.arrives)) < self._site.today:
            pupil.stays, pupil.admitted = [(klass, arrived, None)], arrived
        if kid.leaves and (left := self._site.day(*kid.leaves)) < self._site.today:
            pupil.stays = [(klass, since, left)]
        if kid.moves_to and (moved := self._site.day(*kid.moves_to[1])) < self._site.today:
            new = self._classes[kid.moves_to[0]]
            pupil.stays = [(klass, since, moved), (new, moved, None)]
            new.pupils.append(pupil)
        return pupil

    def _seat(self, klass: Klass, families: list[Family]) -> None:
        """Add a pupil of a family with older children, or of a new family."""
        born = self._born(klass.grade)
        family = self._rng.choice(families) if families and self._rng.random() < 0.33 else None
        if not family or not self._fits(family, born):
            family = self._family(born)
            families.append(family)
        taken = frozenset(pupil.human.given for pupil in family.children)
        human = make_child(self._rng, family.root, family.father, born, taken)
        family.children.append(self._enrol(klass, human))

    def _fits(self, family: Family, born: date) -> bool:
        """Whether the family can have the child: not too many, a year apart, mother under 45."""
        apart = all(abs((born - p.human.born).days) > YEAR for p in family.children)
        young = all((born - a.human.born).days < 45 * YEAR for a in family.adults)
        return apart and young and len(family.children) < MOST_CHILDREN

    def _family(self, born: date) -> Family:
        """Make a family: mostly mother and father, sometimes apart or one of them alone."""
        rng, root, chance = self._rng, self._rng.choice(SURNAMES), self._rng.random()
        family = Family(root, rng.choice(MEN), self._address())
        mother = make_adult(rng, Sex.FEMALE, self._parent_born(born), root)
        father = make_adult(rng, Sex.MALE, self._parent_born(born), root, family.father)
        if chance < 0.97:
            family.adults.append(Adult(mother, MOTHER))
        if chance < 0.62 or chance >= 0.97:
            family.adults.append(Adult(father, FATHER))
        elif chance < 0.72:
            family.adults.append(Adult(father, FATHER_APART))
        return family

    def _enrol(self, klass: Klass, human: Human) -> Pupil:
        """Admit a pupil to grade 1 here, or sometimes later from another school."""
        since = self._site.year.starts_on
        came = self._rng.randint(1, klass.grade) if self._rng.random() < 0.2 else 1
        admitted = date(since.year - klass.grade + came, 9, 1)
        pupil = Pupil(human, admitted, self._rng.gauss(3.95, 0.45), [(klass, since, None)])
        klass.pupils.append(pupil)
        return pupil

    def _born(self, grade: int) -> date:
        """Return a birth date: six and a half to nearly eight years on entering grade 1; a little
        younger in the highest grades."""
        first = date(self._site.year.since - ENTERED_AT - grade, 11, 1)
        if grade >= SENIOR:
            first = date(first.year + 1, 2, 1)
        return first + timedelta(days=self._rng.randrange(365 if grade >= SENIOR else 450))

    def _parent_born(self, born: date) -> date:
        return born - timedelta(days=int(self._rng.triangular(20 * YEAR, 38 * YEAR, 27 * YEAR)))

    def _address(self) -> str:
        card, rng = self._site.plan.card, self._rng
        flat = f", кв. {rng.randint(1, 120)}" if card.flats else ""
        return f"{card.place}, ул. {rng.choice(card.streets)}, д. {rng.randint(1, 60)}{flat}"


def fill_sections(rng: Random, klass: Klass) -> None:
    """Put the students of a class into its sections, dated as their stays are.

    A subject in two groups halves the class by the alphabet; chance decides which half is which.
    """
    half = (len(klass.pupils) + 1) // 2
    first = set(klass.pupils[:half])
    turned = {section.subject: rng.random() < 0.5 for section in klass.sections}
    for section in klass.sections:
        swapped = turned[section.subject] and section.subject != ENGLISH
        for pupil in klass.pupils:
            in_first = (pupil in first) is not swapped
            if section.group == 0 or in_first is (section.group == 1):
                section.members += [(pupil, *stay[1:]) for stay in pupil.stays if stay[0] is klass]
