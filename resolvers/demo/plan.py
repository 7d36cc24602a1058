"""The plan of each demo school: its card, classes and density."""

from dataclasses import dataclass, replace

from models.access.roles import Role
from resolvers.demo.cast import CLASS, MAIN, NEIGHBOUR, NOBODY, Cast
from resolvers.demo.curriculum import CITY_POSTS, SPLIT, VILLAGE_POSTS, Post

MARKED = "gorod-demo"
"""`schools.sourced_id` of the school whose logins are shown; those of others end with a number."""
HEAVY = 600_000
"""Rows of marks and attendance in a school of a thousand students, at any time of the year."""
SIZES = ("small", "school", "city")


@dataclass(frozen=True)
class Card:
    """The card of the school; `place` and `streets` are those of its families."""

    short: str
    full: str
    address: str
    phone: str
    host: str
    zone: str
    place: str
    streets: tuple[str, ...]
    flats: bool = False


@dataclass(frozen=True)
class Plan:
    """One school to be made.

    number: 0 for the main one; others have it in their logins.
    classes: Seats by class, `7А: 12`; together the students of the school.
    late_grades: Grades of the second shift.
    rows: Marks and attendance together; null for as many as a diligent school has.
    """

    number: int
    card: Card
    classes: dict[str, int]
    posts: tuple[Post, ...]
    cast: Cast = NOBODY
    late_grades: frozenset[int] = frozenset()
    offices: tuple[Role, ...] = ()
    rows: int | None = None
    paper_share: float = 1.0
    """Share of students whose health and documents have been entered."""

    @property
    def key(self) -> str:
        return f"{MARKED}-{self.number}" if self.number else MARKED

    def subgroups(self, klass: str, subject: str) -> int:
        """Return the number of groups of a class for the subject."""
        big = self.classes[klass] >= 25 and subject in SPLIT
        asked = bool(self.cast.teachers) and klass == CLASS and subject == SPLIT[0]
        return 2 if big or asked else 1


ALL_OFFICES = (
    Role.DIRECTOR, Role.DEPUTY_DIRECTOR, Role.SCHOOL_ADMINISTRATOR, Role.SECRETARY,
    Role.HR_SPECIALIST, Role.PSYCHOLOGIST, Role.SOCIAL_PEDAGOGUE, Role.MUNICIPAL_OFFICER,
)  # fmt: skip

# Streets and hosts do not exist: `.example` is reserved, and phones are in unassigned ranges.
VILLAGE = Card(
    short="МБОУ «Заречненская СОШ»",
    full="Муниципальное бюджетное общеобразовательное учреждение «Заречненская средняя "
    "общеобразовательная школа»",
    address="659820, Алтайский край, Приобский район, с. Заречное, ул. Школьная, 1",
    phone="8 (38500) 00-1-27",
    host="zarechnoe.example",
    zone="Asia/Barnaul",
    place="Алтайский край, Приобский район, с. Заречное",
    streets=("Школьная", "Центральная", "Набережная", "Молодёжная", "Луговая", "Садовая"),
)
HAMLET = Card(
    short="МКОУ «Луговская начальная школа»",
    full="Муниципальное казённое общеобразовательное учреждение «Луговская начальная "
    "общеобразовательная школа»",
    address="301940, Тульская область, Придонский район, д. Луговая, ул. Мира, 4",
    phone="8 (48700) 00-2-15",
    host="lugovaya.example",
    zone="Europe/Moscow",
    place="Тульская область, Придонский район, д. Луговая",
    streets=("Мира", "Полевая", "Заречная"),
)
TOWN = Card(
    short="МБОУ «СОШ № {number}»",
    full="Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная "
    "школа № {number}»",
    address="656000, Алтайский край, г. Барнаул, ул. Просветителей, {number}",
    phone="8 (3852) 00-{number}",
    host="school{number}.example",
    zone="Asia/Barnaul",
    place="Алтайский край, г. Барнаул",
    streets=("Просветителей", "Звёздная", "Речников", "Кедровая", "Степная", "Обская", "Горная"),
    flats=True,
)

SEATS = {"1А": 9, "2А": 8, "3А": 8, "4А": 8, "5А": 9, "6А": 8, "7А": 12, "7Б": 8, "8А": 8, "9А": 7,
         "10А": 3, "11А": 2}  # fmt: skip
HALVES = {"А": 26, "Б": 24}
FEW_SEATS = {"1А": 3, "2А": 3, "3А": 3, "4А": 3}
MANY_SEATS = {
    f"{grade}{letter}": seats
    for grade in range(1, 12)
    for letter, seats in ({"А": 27, "Б": 24, "В": 25, "Г": 24} if grade < 10 else HALVES).items()
}

SMALL = Plan(0, VILLAGE, SEATS, VILLAGE_POSTS, MAIN, offices=ALL_OFFICES)
TINY = Plan(1, HAMLET, FEW_SEATS, VILLAGE_POSTS[1:2], NEIGHBOUR,
            offices=(Role.DIRECTOR, Role.SCHOOL_ADMINISTRATOR))  # fmt: skip
BIG = Plan(0, TOWN, MANY_SEATS, CITY_POSTS, MAIN, frozenset({3, 4, 6}), ALL_OFFICES, HEAVY, 0.4)


def plans(size: str) -> list[Plan]:
    """Return the schools of a size. Raises ValueError for an unknown size."""
    if size not in SIZES:
        raise ValueError(f"a demo is {', '.join(SIZES)}, not {size}")
    if size == "small":
        return [SMALL, TINY]
    return [town(number) for number in range(20 if size == "city" else 1)]


def town(number: int) -> Plan:
    """Return one of the city's similar schools; only the first has people with a story."""
    written = {name: text.format(number=201 + number) for name, text in (
        ("short", TOWN.short), ("full", TOWN.full), ("address", TOWN.address),
        ("phone", TOWN.phone), ("host", TOWN.host))}  # fmt: skip
    card = replace(TOWN, **written)  # type: ignore[arg-type]  # replace() knows no field names
    return replace(BIG, number=number, card=card, cast=NOBODY if number else MAIN)
