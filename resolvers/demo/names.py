"""Russian names by sex and generation, and their form in logins.

The lists are our own: name generators mix all ages and countries (a first-grader called Акакий),
and a class register must be believable.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from models.people.persons import Sex


def split_words(words: str) -> list[str]:
    return words.split()


BOYS = split_words("""
Артём Александр Михаил Максим Иван Дмитрий Матвей Даниил Кирилл Егор Илья Тимофей Лев Никита
Роман Мирон Марк Степан Арсений Фёдор Глеб Константин Владислав Ярослав Николай Андрей Алексей
Павел Пётр Семён Савелий Захар Богдан Денис Григорий Тимур Вячеслав Сергей Владимир
""")
GIRLS = split_words("""
София Анна Мария Алиса Виктория Полина Елизавета Ева Варвара Александра Василиса Анастасия
Ксения Дарья Арина Вероника Милана Екатерина Ульяна Кира Валерия Таисия Маргарита Злата Алёна
Ольга Софья Яна Диана Стефания Вера Надежда Юлия Татьяна Пелагея Мирослава
""")
MEN = split_words("""
Александр Сергей Дмитрий Алексей Андрей Евгений Иван Михаил Николай Владимир Роман Павел Денис
Виталий Антон Игорь Олег Максим Константин Юрий Виктор Артём Вадим Пётр Илья Станислав Анатолий
Василий Григорий Руслан
""")
WOMEN = split_words("""
Елена Ольга Наталья Татьяна Ирина Светлана Анна Екатерина Юлия Мария Марина Оксана Анастасия
Людмила Евгения Галина Виктория Надежда Алёна Лариса Вера Валентина Любовь Ксения Дарья Олеся
Инна Кристина Александра Яна
""")
GRANDFATHERS = split_words("""
Александр Владимир Николай Сергей Виктор Анатолий Юрий Михаил Иван Валерий Геннадий Василий
Борис Леонид Пётр Фёдор Григорий Вячеслав Павел Олег Алексей Семён Яков
""")
SURNAMES = split_words("""
Смирнов Иванов Кузнецов Попов Соколов Лебедев Козлов Новиков Морозов Петров Волков Соловьёв
Васильев Зайцев Павлов Семёнов Голубев Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев
Тарасов Белов Комаров Орлов Киселёв Макаров Андреев Ковалёв Ильин Гусев Титов Кузьмин Кудрявцев
Баранов Куликов Алексеев Степанов Яковлев Сорокин Сергеев Романов Захаров Борисов Королёв
Герасимов Пономарёв Григорьев Лазарев Медведев Ершов Никитин Соболев Рябов Поляков Цветков
Данилов Жуков Фролов Журавлёв Николаев Крылов Максимов Сидоров Осипов Белоусов Федотов Дорофеев
Егоров Матвеев Бобров Дмитриев Калинин Анисимов Петухов Антонов Тимофеев Никифоров Веселов
Филиппов Марков Большаков Суханов Миронов Ширяев Александров Коновалов Шестаков Казаков Ефимов
Денисов Громов Фомин Давыдов Мельников Щербаков Блинов Колесников Карпов Афанасьев Власов Маслов
Исаков Тихонов Аксёнов Гаврилов Родионов Котов Горбунов Кудряшов Быков Зуев Третьяков Савельев
Панов Рыбаков Суворов Абрамов Воронов Мухин Архипов Трофимов Мартынов Емельянов Горшков Чернов
Овчинников Селезнёв Панфилов Копылов Михеев Галкин Назаров Лобанов Лукин Беляков Потапов
Некрасов Хохлов Жданов Наумов Шилов Воронцов Ермаков Дроздов Игнатьев Савин Логинов Сафонов
Капустин Кириллов Моисеев Елисеев Кошелев Костин Горбачёв Орехов Ефремов Исаев Евдокимов
Калашников Кабанов Носков Юдин Кулагин Лапин Прохоров Нестеров Харитонов Агафонов Муравьёв
Ларионов Федосеев Зимин Пахомов Шубин Игнатов Филатов Крюков Рогов Кулаков Терентьев Молчанов
Владимиров Артемьев Гурьев Зиновьев Гришин Кононов Дементьев Ситников Симонов Мишин Фадеев
Комиссаров Мамонтов Носов Гуляев Шаров Устинов Вишняков Евсеев Лаврентьев Брагин Константинов
Корнилов Зыков Островский Вишневский Левицкий Бондаренко Шевченко Кравченко Ткаченко Петренко
Марченко Шульц Черных Седых Гладких Савчук Ким
""")

IRREGULAR = {"Илья": ("Ильич", "Ильинична"), "Никита": ("Никитич", "Никитична")}
STEMS = {"Пётр": "Петров", "Павел": "Павлов", "Лев": "Львов", "Яков": "Яковлев"}
STEMS |= {"Дмитрий": "Дмитриев", "Игорь": "Игорев", "Михаил": "Михайлов"}
LATIN = dict(zip(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    split_words("a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya"),
    strict=True,
))  # fmt: skip


@dataclass(slots=True, eq=False)
class Human:
    """A person; `id` is set when the row is written."""

    family: str
    given: str
    patronymic: str | None
    sex: Sex
    born: date
    login: str = ""
    id: int = 0

    def __str__(self) -> str:
        return " ".join(filter(None, (self.family, self.given, self.patronymic)))


def make_human(full: str, born: date, login: str = "") -> Human:
    """Make a person by the full name, `Иванова Мария Петровна`; the patronymic may be missing."""
    family, given, *rest = full.split()
    woman = rest[0].endswith("на") if rest else given in (*GIRLS, *WOMEN)
    sex = Sex.FEMALE if woman else Sex.MALE
    return Human(family, given, rest[0] if rest else None, sex, born, login)


def surname(root: str, sex: Sex) -> str:
    """Return a surname by sex, from its male form: `Островский` -> `Островская`."""
    if sex is Sex.MALE:
        return root
    if root.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return root + "а"
    return root[:-2] + "ая" if root.endswith(("ский", "цкий")) else root


def patronymic(father: str, sex: Sex) -> str:
    """Return a patronymic from the father's given name: `Андрей` -> `Андреевич`, `Андреевна`."""
    if father in IRREGULAR:
        return IRREGULAR[father][sex is Sex.FEMALE]
    stem = STEMS.get(father) or father + "ов"
    if father not in STEMS and father.endswith("ий"):
        stem = father[:-2] + "ьев"
    elif father not in STEMS and father.endswith("й"):
        stem = father[:-1] + "ев"
    return stem + ("на" if sex is Sex.FEMALE else "ич")


def make_adult(
    rng: Random, sex: Sex, born: date, root: str | None = None, given: str = ""
) -> Human:
    """Make an adult, with a random surname and given name unless they are given."""
    given = given or rng.choice(WOMEN if sex is Sex.FEMALE else MEN)
    family = surname(root or rng.choice(SURNAMES), sex)
    return Human(family, given, patronymic(rng.choice(GRANDFATHERS), sex), sex, born)


def make_child(rng: Random, root: str, father: str, born: date, taken: frozenset[str]) -> Human:
    """Make a child of the family; no two of one family share a given name."""
    sex = rng.choice((Sex.FEMALE, Sex.MALE))
    given = rng.choice(
        [name for name in (GIRLS if sex is Sex.FEMALE else BOYS) if name not in taken]
    )
    return Human(surname(root, sex), given, patronymic(father, sex), sex, born)


def latin(text: str) -> str:
    """Return the form of a name in logins: `Щербакова` -> `shcherbakova`."""
    return "".join(LATIN.get(letter, letter) for letter in text.lower()).replace("-", "")
