"""The people with a story in the main demo school, the same for every size and seed.

All others are random. Logins are stable, so that tests and screenshots may use them.
"""

from dataclasses import dataclass, field

from models.access.roles import Role
from models.people.guardians import GuardianRelation, LegalStatus

CLASS = "7А"
"""The class of most stories."""
"""An assignment of that class whose marks families see some days later."""


@dataclass(frozen=True)
class Tie:
    """The tie of an adult to the children of a family, as in GuardianLink."""

    relation: GuardianRelation = GuardianRelation.MOTHER
    legal: LegalStatus = LegalStatus.FULL
    lives_with: bool = True
    informed: bool = True
    hidden: bool = False
    basis: str | None = None


MOTHER = Tie()
FATHER = Tie(GuardianRelation.FATHER)
FATHER_APART = Tie(GuardianRelation.FATHER, lives_with=False)


@dataclass(frozen=True)
class Relative:
    """An adult of a family; with the login of a teacher it is that teacher."""

    name: str
    login: str
    tie: Tie = MOTHER


@dataclass(frozen=True)
class Kid:
    """A student with a story; days are (month, day) of the academic year."""

    klass: str
    name: str
    login: str = ""
    moves_to: tuple[str, tuple[int, int]] | None = None
    arrives: tuple[int, int] | None = None
    leaves: tuple[int, int] | None = None
    of_age: bool = False
    freed_from_sport: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Household:
    kids: tuple[Kid, ...]
    relatives: tuple[Relative, ...]


@dataclass(frozen=True)
class Employee:
    login: str
    name: str
    position: str


@dataclass(frozen=True)
class Cast:
    """The people with a story of one school."""

    office: dict[Role, Employee] = field(default_factory=dict)
    teachers: tuple[Employee, ...] = ()
    """In the order of posts: the first of a post gets the story class first."""
    households: tuple[Household, ...] = ()


LEADER = "teacher.belova"
"""The class teacher of the story class."""
RETIRES, RETIRED_ON, SUCCESSOR = "teacher.safonova", (10, 12), "teacher.petrenko"
LEAD_NO_CLASS = ("teacher.gusev", RETIRES)

OFFICE = {
    Role.DIRECTOR: Employee("director", "Воронцова Елена Викторовна", "Директор"),
    Role.DEPUTY_DIRECTOR: Employee(
        "zavuch", "Зайцева Ирина Николаевна", "Заместитель директора по УВР"
    ),
    Role.SCHOOL_ADMINISTRATOR: Employee("admin", "Рябов Денис Олегович", "Администратор системы"),
    Role.SECRETARY: Employee("secretary", "Ильина Светлана Юрьевна", "Секретарь"),
    Role.HR_SPECIALIST: Employee("hr", "Панова Людмила Сергеевна", "Специалист по кадрам"),
    Role.PSYCHOLOGIST: Employee("psychologist", "Тихонова Анна Владимировна", "Педагог-психолог"),
    Role.SOCIAL_PEDAGOGUE: Employee("social", "Мельникова Ольга Петровна", "Социальный педагог"),
    Role.MUNICIPAL_OFFICER: Employee("municipal", "Крылов Андрей Михайлович", ""),
}
TEACHERS = (
    Employee(LEADER, "Белова Наталья Ивановна", "Учитель математики"),
    Employee("teacher.klimova", "Климова Дарья Андреевна", "Учитель английского языка"),
    Employee("teacher.gusev", "Гусев Алексей Павлович", "Учитель английского языка"),
    Employee("teacher.orlova", "Орлова Марина Сергеевна", "Учитель истории и обществознания"),
    Employee("teacher.somova", "Сомова Вера Фёдоровна", "Учитель русского языка и литературы"),
    Employee(RETIRES, "Сафонова Валентина Павловна", "Учитель музыки и изобразительного искусства"),
)
NEWCOMER = Employee(
    SUCCESSOR, "Петренко Юлия Андреевна", "Учитель музыки и изобразительного искусства"
)
COURT = "Решение районного суда от 14.05.2025 № 2-314/2025"

FAMILIES = (
    Household(
        (
            Kid(CLASS, "Иванова Мария Петровна", "student.ivanova"),
            Kid("3А", "Иванов Павел Петрович"),
        ),
        (
            Relative("Иванова Ольга Сергеевна", "parent.ivanova"),
            Relative("Иванов Пётр Алексеевич", "parent.ivanov", FATHER),
        ),
    ),
    Household(
        (Kid(CLASS, "Соколов Егор Дмитриевич", "student.sokolov"),),
        (
            Relative("Соколова Татьяна Игоревна", "parent.sokolova"),
            Relative("Соколов Дмитрий Олегович", "parent.sokolov", FATHER_APART),
        ),
    ),
    Household(
        (Kid("6А", "Громова Полина Андреевна", "student.gromova"),),
        (
            Relative("Громова Юлия Павловна", "parent.gromova"),
            Relative(
                "Громов Андрей Викторович",
                "parent.gromov",
                Tie(GuardianRelation.FATHER, LegalStatus.RESTRICTED, False, True, True, COURT),
            ),
        ),
    ),
    Household(
        (Kid("8А", "Лебедев Никита Романович", "student.lebedev"),),
        (
            Relative(
                "Кузьмина Галина Фёдоровна",
                "guardian.kuzmina",
                Tie(GuardianRelation.GUARDIAN, basis="Постановление об опеке от 02.06.2025 № 118"),
            ),
            Relative(
                "Лебедева Оксана Юрьевна",
                "parent.lebedeva",
                Tie(GuardianRelation.MOTHER, LegalStatus.TERMINATED, False, False, True, COURT),
            ),
        ),
    ),
    Household(
        (Kid("11А", "Фёдоров Артём Ильич", "student.fyodorov", of_age=True),),
        (
            Relative("Фёдорова Наталья Борисовна", "parent.fyodorova"),
            Relative("Фёдоров Илья Сергеевич", "parent.fyodorov", FATHER),
        ),
    ),
    Household(
        (Kid("4А", "Орлов Кирилл Максимович", "student.orlov"),),
        (
            Relative("Орлова Марина Сергеевна", "teacher.orlova"),
            Relative("Орлов Максим Игоревич", "parent.orlov", FATHER),
        ),
    ),
    Household(
        (Kid("5А", "Морозов Артём Денисович", "student.morozov"),),
        (Relative("Морозова Екатерина Андреевна", "parent.morozova"),),
    ),
    Household(
        (Kid(CLASS, "Королёва Алёна Игоревна", "student.korolyova", moves_to=("7Б", (10, 12))),),
        (Relative("Королёва Ирина Павловна", "parent.korolyova"),),
    ),
    Household(
        (Kid("8А", "Захаров Тимофей Олегович", "student.zakharov", arrives=(9, 22)),),
        (Relative("Захарова Анна Игоревна", "parent.zakharova"),),
    ),
    Household(
        (Kid("5А", "Тарасов Глеб Антонович", "student.tarasov", leaves=(10, 8)),),
        (Relative("Тарасова Инна Викторовна", "parent.tarasova"),),
    ),
    Household(
        (Kid(CLASS, "Семёнова Варвара Юрьевна", "student.semyonova", freed_from_sport=True),),
        (Relative("Семёнов Юрий Леонидович", "parent.semyonov", FATHER),),
    ),
    Household(
        (Kid("9А", "Ли Анна", "student.li", foreign=True),),
        (Relative("Ли Ирина", "parent.li"),),
    ),
    Household(
        (Kid("7Б", "Кузнецов Иван Сергеевич", "student.kuznetsov"),),
        (Relative("Кузнецова Мария Викторовна", "parent.kuznetsova"),),
    ),
    Household(
        (Kid("9А", "Кузнецов Иван Сергеевич", "student.kuznetsov.9a"),),
        (Relative("Кузнецова Алёна Юрьевна", "parent.kuznetsova.9a"),),
    ),
)

NOBODY = Cast()
MAIN = Cast(OFFICE, TEACHERS, FAMILIES)
NEIGHBOUR = Cast(
    households=(
        Household(
            (Kid("2А", "Морозова Алиса Денисовна", "student.morozova"),),
            (Relative("Морозова Екатерина Андреевна", "parent.morozova"),),
        ),
    )
)
"""The mother of `parent.morozova` has a child here, too, and signs in with the same login."""

LOGINS = {
    Role.STUDENT: "student.ivanova",
    Role.PARENT: "parent.ivanova",
    Role.SUBJECT_TEACHER: "teacher.gusev",
    Role.CLASS_TEACHER: LEADER,
    **{role: employee.login for role, employee in OFFICE.items()},
}
"""One login for every role."""

STORIES = {
    "two children in this school": "parent.ivanova",
    "children in two schools": "parent.morozova",
    "divorced father, all rights": "parent.sokolov",
    "restricted father, must not learn the address": "parent.gromov",
    "mother without rights": "parent.lebedeva",
    "grandmother as guardian": "guardian.kuzmina",
    "mother of one who is of age": "parent.fyodorova",
    "student of age": "student.fyodorov",
    "teacher and parent": "teacher.orlova",
    "first English group of 7А": "teacher.klimova",
    "second English group of 7А": "teacher.gusev",
    "retired in October": RETIRES,
    "took over in October": SUCCESSOR,
    "moved from 7А to 7Б in October": "student.korolyova",
    "came on 22 September": "student.zakharov",
    "left in October": "student.tarasov",
    "freed from physical education": "student.semyonova",
    "without a patronymic, foreign document": "student.li",
    "same name as another": "student.kuznetsov",
}
"""The stories, with their logins."""
