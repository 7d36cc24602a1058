"""Works that are marked, homework, and comments for families."""

from random import Random

from resolvers.school.defaults import (
    ANSWER,
    ASSIGNMENT_TYPES,
    DICTATION,
    ESSAY,
    HOMEWORK,
    LAB,
    NORM,
    PRACTICE,
    PRESENTATION,
    QUIZ,
    TEST,
)
from resolvers.school.federal_subjects import (
    ALGEBRA,
    ART,
    BIOLOGY,
    CHEMISTRY,
    COMPUTING,
    ENGLISH,
    GEOGRAPHY,
    GEOMETRY,
    HISTORY,
    LABOUR,
    LITERATURE,
    MATHS,
    MORALS,
    MUSIC,
    PHYSICS,
    PROBABILITY,
    PROJECT,
    READING,
    RELIGIONS,
    RUSSIAN,
    SAFETY,
    SOCIETY,
    SPORT,
    WORLD,
)

WEIGHTS = {name: weight for name, _, weight in ASSIGNMENT_TYPES}

BIG = {
    RUSSIAN: (DICTATION, TEST, DICTATION, ESSAY),
    READING: (TEST, PRESENTATION),
    LITERATURE: (ESSAY, TEST),
    ENGLISH: (TEST, PRESENTATION, TEST),
    PHYSICS: (LAB, TEST), CHEMISTRY: (PRACTICE, TEST), BIOLOGY: (LAB, TEST),
    GEOGRAPHY: (PRACTICE, TEST), COMPUTING: (PRACTICE, TEST), WORLD: (PRACTICE, TEST),
    HISTORY: (TEST, PRESENTATION), SOCIETY: (TEST, ESSAY), MORALS: (PRESENTATION,),
    RELIGIONS: (PRESENTATION,), ART: (PRACTICE,), MUSIC: (TEST, PRESENTATION),
    LABOUR: (PRACTICE, PRESENTATION), SPORT: (NORM,), SAFETY: (TEST, PRACTICE),
    PROJECT: (PRESENTATION,),
}  # fmt: skip
"""The larger works of a subject, in turn; other subjects have tests."""
PRACTICAL = frozenset({ART, MUSIC, LABOUR, SPORT, SAFETY, RELIGIONS, PROJECT})
"""Subjects without quizzes and with little homework."""
BIG_EVERY, QUIZ_EVERY = 9, 4

HOME = {
    RUSSIAN: ("Упр. {n}, повторить правило на с. {p}", "§ {s}, упр. {n} (письменно)",
              "Выучить словарные слова на с. {p}", "Упр. {n}, разобрать два предложения"),
    READING: ("С. {p}, выразительное чтение", "С. {p}, пересказ",
              "Выучить стихотворение на с. {p}"),
    LITERATURE: ("Прочитать с. {p}–{q}", "С. {p}, вопросы 1–4 устно",
                 "Составить план главы, с. {p}"),
    ENGLISH: ("Учебник, с. {p}, упр. {x}", "Выучить слова Unit {x}",
              "Рабочая тетрадь, с. {p}, упр. {x}"),
    MATHS: ("№ {n}, № {m}", "С. {p}, № {x}–{y}", "№ {n} (а, в), повторить § {s}"),
    ALGEBRA: ("§ {s}, № {n}, № {m}", "№ {n} (чётные)", "№ {m}, повторить формулы § {s}"),
    GEOMETRY: ("§ {s}, № {n}", "Выучить теорему § {s}, № {m}"),
    PROBABILITY: ("§ {s}, № {x}–{y}",),
    PHYSICS: ("§ {s}, упр. {x}", "§ {s}–{t}, вопросы", "Решить задачи № {n}, {m}"),
    CHEMISTRY: ("§ {s}, упр. {x}", "§ {s}, составить уравнения реакций"),
    WORLD: ("С. {p}–{q}, пересказ", "Рабочая тетрадь, с. {p}"),
}  # fmt: skip
USUAL_HOME = ("§ {s}, вопросы в конце параграфа", "§ {s}–{t}, пересказ", "§ {s}, задание {x}")

PRAISE = ("Отличная работа!", "Молодец, так держать", "Очень аккуратно выполнено",
          "Лучший ответ на уроке", "Заметен прогресс")  # fmt: skip
BLAME = ("Не выполнено домашнее задание", "Нужно повторить тему и пересдать",
         "Много вычислительных ошибок", "Работа не закончена", "Не выучено правило")  # fmt: skip
ADVICE = ("Обратите внимание на оформление", "Есть ошибки по невнимательности",
          "Можно лучше: не хватило одного задания", "Работа над ошибками сдана")  # fmt: skip


def choose_homework(rng: Random, subject: str) -> str:
    """Return a homework as teachers write it."""
    page, section, number = rng.randint(8, 170), rng.randint(2, 46), rng.randint(12, 640)
    return rng.choice(HOME.get(subject, USUAL_HOME)).format(
        p=page, q=page + rng.randint(1, 6), s=section, t=section + 1,
        n=number, m=number + rng.randint(2, 9), x=rng.randint(1, 5), y=rng.randint(6, 9),
    )  # fmt: skip


def choose_comment(rng: Random, value: int | None) -> str:
    """Return a comment for the family that fits the mark."""
    if value is None or value <= 2:
        return rng.choice(BLAME)
    return rng.choice(PRAISE if value == 5 else ADVICE)


def choose_work(subject: str, number: int) -> str:
    """Return the kind of work in the lesson of that number in the year."""
    if number % BIG_EVERY == BIG_EVERY - 1:
        big = BIG.get(subject, (TEST,))
        return big[number // BIG_EVERY % len(big)]
    if subject not in PRACTICAL and number % QUIZ_EVERY == 2:
        return QUIZ
    return HOMEWORK if number % 5 == 3 and subject not in PRACTICAL else ANSWER
