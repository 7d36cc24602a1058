"""The density of marks and attendance in a journal."""

from dataclasses import dataclass

from resolvers.demo.works import BIG_EVERY
from resolvers.school.defaults import ANSWER, HOMEWORK, QUIZ

SCARCE = 4
ABSENT_SHARE, QUIZ_SHARE = 0.07, 0.18
"""The approximate shares that the generator makes: of (student, lesson), and of lessons."""


@dataclass(frozen=True)
class Density:
    """The density of a journal.

    present: Share of lessons with presences, not only absences.
    answers: Share of those present who get a mark for an ordinary lesson.
    quizzes: The same for a quiz; larger works are marked for all.
    twice: Share of lessons in which homework is marked, too.
    every_revision: Indicates whether first marks are in the history, too, not only changes.
    """

    present: float = 0.88
    answers: float = 0.24
    quizzes: float = 0.9
    twice: float = 0.06
    every_revision: bool = True

    @classmethod
    def for_rows(cls, rows: int, cells: int, graded: int) -> "Density":
        """Return the density with which marks and attendance are `rows`; fewer early in the year.

        cells: The number of (student, lesson); graded: of those in which marks are possible.
        """
        if not graded:
            return cls(every_revision=False)
        present = min(0.95, rows / cells / 2)
        attendance = cells * (present + (1 - present) * ABSENT_SHARE)
        share = (rows - attendance) / (graded * (1 - ABSENT_SHARE))
        quizzes, big = min(0.95, 2 * share), 1 / BIG_EVERY
        answers = (share - big - QUIZ_SHARE * quizzes) / (1 - big - QUIZ_SHARE)
        twice = min(0.6, max(0.0, share - 1))
        return cls(present, min(1.0, max(0.02, answers)), quizzes, twice, every_revision=False)

    def share_of(self, kind: str, hours: int) -> float:
        """Return the share of those present who get a mark in a work of the kind. It is larger with
        few hours a week: otherwise there would be no term marks."""
        if kind in (ANSWER, HOMEWORK):
            return self.answers * max(1.0, SCARCE - hours)
        return self.quizzes if kind == QUIZ else 1.0
