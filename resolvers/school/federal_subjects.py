"""Subjects of the federal programmes (федеральный перечень предметов)."""

from typing import NamedTuple

from models.structure.subjects import MarkScale

RUSSIAN, READING, LITERATURE = "Русский язык", "Литературное чтение", "Литература"
ENGLISH, MATHS, WORLD = "Английский язык", "Математика", "Окружающий мир"
ALGEBRA, GEOMETRY, PROBABILITY = "Алгебра", "Геометрия", "Вероятность и статистика"
COMPUTING, PHYSICS, CHEMISTRY, BIOLOGY = "Информатика", "Физика", "Химия", "Биология"
HISTORY, SOCIETY, GEOGRAPHY = "История", "Обществознание", "География"
RELIGIONS = "Основы религиозных культур и светской этики"
MORALS = "Основы духовно-нравственной культуры народов России"
ART, MUSIC, LABOUR = "Изобразительное искусство", "Музыка", "Труд (технология)"
SPORT, SAFETY = "Физическая культура", "Основы безопасности и защиты Родины"
PROJECT = "Индивидуальный проект"


class SubjectCard(NamedTuple):
    """How a subject is shown, and in what its marks are given."""

    short: str
    area: str
    scale: MarkScale = MarkScale.FIVE_POINT


SUBJECTS = {
    RUSSIAN: SubjectCard("Рус. яз.", "Русский язык и литература"),
    READING: SubjectCard("Лит. чт.", "Русский язык и литература"),
    LITERATURE: SubjectCard("Лит-ра", "Русский язык и литература"),
    ENGLISH: SubjectCard("Англ. яз.", "Иностранные языки"),
    MATHS: SubjectCard("Матем.", "Математика и информатика"),
    ALGEBRA: SubjectCard("Алгебра", "Математика и информатика"),
    GEOMETRY: SubjectCard("Геом.", "Математика и информатика"),
    PROBABILITY: SubjectCard("Вер. и стат.", "Математика и информатика"),
    COMPUTING: SubjectCard("Информ.", "Математика и информатика"),
    WORLD: SubjectCard("Окр. мир", "Обществознание и естествознание"),
    HISTORY: SubjectCard("История", "Общественно-научные предметы"),
    SOCIETY: SubjectCard("Общ-во", "Общественно-научные предметы"),
    GEOGRAPHY: SubjectCard("Геогр.", "Общественно-научные предметы"),
    PHYSICS: SubjectCard("Физика", "Естественно-научные предметы"),
    CHEMISTRY: SubjectCard("Химия", "Естественно-научные предметы"),
    BIOLOGY: SubjectCard("Биол.", "Естественно-научные предметы"),
    RELIGIONS: SubjectCard("ОРКСЭ", "Основы религиозных культур", MarkScale.PASS_FAIL),
    MORALS: SubjectCard("ОДНКНР", "Основы духовно-нравственной культуры"),
    ART: SubjectCard("ИЗО", "Искусство"),
    MUSIC: SubjectCard("Музыка", "Искусство"),
    LABOUR: SubjectCard("Труд", "Технология"),
    SPORT: SubjectCard("Физ-ра", "Физическая культура"),
    SAFETY: SubjectCard("ОБЗР", "Основы безопасности и защиты Родины"),
    PROJECT: SubjectCard("Инд. пр.", "Индивидуальный проект"),
    "Немецкий язык": SubjectCard("Нем. яз.", "Иностранные языки"),
    "Французский язык": SubjectCard("Франц. яз.", "Иностранные языки"),
    "Испанский язык": SubjectCard("Исп. яз.", "Иностранные языки"),
    "Китайский язык": SubjectCard("Кит. яз.", "Иностранные языки"),
    "Родной язык": SubjectCard("Родн. яз.", "Родной язык и родная литература"),
    "Родная литература": SubjectCard("Родн. лит.", "Родной язык и родная литература"),
}
"""The federal list, in the order in which subjects are shown."""
