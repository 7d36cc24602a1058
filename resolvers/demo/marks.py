"""Marks of past lessons, with their history and the sums of term marks."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

from models.journal.assignments import Assignment
from models.journal.marks import Mark, MarkKind, MarkRevision, RevisionSource
from models.structure.subjects import MarkScale
from resolvers.demo.cast import CLASS
from resolvers.demo.density import Density
from resolvers.demo.ground import Ground, Site
from resolvers.demo.lessons import PastLesson
from resolvers.demo.roster import Pupil, Section
from resolvers.demo.works import PRACTICAL, WEIGHTS, choose_comment, choose_work
from resolvers.school.defaults import ANSWER, DIAGNOSTIC, HOMEWORK
from resolvers.school.federal_subjects import ALGEBRA

NUMERIC, PASS_FAIL, DEBT_POINT = (kind.name for kind in MarkKind)
JOURNAL = RevisionSource.JOURNAL.name
COMMENTED, CHANGED, INDEBTED, FAILED = 0.03, 0.012, 0.02, 0.03
REASONS = ("Исправлена опечатка", "Пересдача", "Ошибка при переносе из черновика")
PUBLISHED_IN = 3
"""The days until families see the marks of the diagnostic test."""
LOTS = 32
SPREAD = 0.72


class Marks:
    """The writer of assignments and marks.

    sums: By student, subject and term (its place in the year), the sum of weight times mark and the
        sum of weights.
    """

    def __init__(self, site: Site, ground: Ground, density: Density) -> None:
        self._site, self._ground, self._density = site, ground, density
        self._rng = site.rng("marks")
        ledger = site.ledger
        self._assignments = ledger[Assignment].narrow(
            "lesson_id section_id assignment_type_id title weight publish_at"
        )
        self._marks = ledger[Mark].narrow(
            "assignment_id section_id lesson_id student_id author_id kind value comment set_at"
            " published_at"
        )
        self._revisions = ledger[MarkRevision].narrow(
            "mark_id author_id old_kind old_value new_kind new_value reason source at"
        )
        self._publish_at = site.days_before(-PUBLISHED_IN, 12)
        self._lots: dict[tuple[Pupil, str], list[int]] = {}
        self.sums: dict[tuple[Pupil, str, int], list[int]] = defaultdict(lambda: [0, 0])

    def write(self, lesson: PastLesson, there: list[Pupil]) -> None:
        """Write the works and marks of a lesson."""
        section = lesson.section
        if section.scale is MarkScale.UNGRADED:
            return
        kind = choose_work(section.subject, lesson.number)
        self._assign(lesson, kind, self._choose_marked(section, kind, there))
        theoretical = kind != HOMEWORK and section.subject not in PRACTICAL
        if theoretical and self._rng.random() < self._density.twice:
            self._assign(lesson, HOMEWORK, self._choose_marked(section, HOMEWORK, there))
        if lesson.is_last and section.klass.name == CLASS and section.subject == ALGEBRA:
            self._assign(lesson, DIAGNOSTIC, there)

    def _choose_marked(self, section: Section, kind: str, there: list[Pupil]) -> list[Pupil]:
        share, chance = self._density.share_of(kind, section.hours), self._rng.random
        return [pupil for pupil in there if chance() < share]

    def _assign(self, lesson: PastLesson, kind: str, pupils: list[Pupil]) -> None:
        """Write one assignment with its marks, if there are any."""
        if not pupils:
            return
        publish_at = (
            self._publish_at if kind == DIAGNOSTIC and self._site.plan.cast.teachers else None
        )
        assignment = self._assignments.add(
            lesson.id,
            lesson.section.id,
            self._ground.types[kind],
            kind if kind in (ANSWER, HOMEWORK) else f"{kind}: {lesson.topic}",
            Decimal(WEIGHTS[kind]),
            publish_at,
        )
        term = self._ground.term_of(lesson.section.klass.grade, lesson.day)
        for pupil in pupils:
            if kind == HOMEWORK and self._rng.random() < INDEBTED:
                self._mark(lesson, assignment, pupil, DEBT_POINT, None, lesson.written_at)
                continue
            of, value = self._value(pupil, lesson.section)
            self._mark(lesson, assignment, pupil, of, value, publish_at or lesson.written_at)
            if of == NUMERIC and not publish_at:
                sums = self.sums[pupil, lesson.section.subject, term]
                sums[0] += value * WEIGHTS[kind]
                sums[1] += WEIGHTS[kind]

    def _value(self, pupil: Pupil, section: Section) -> tuple[str, int]:
        """Return a mark in the section's scale, by the student's ability in the subject."""
        if section.scale is MarkScale.PASS_FAIL:
            return PASS_FAIL, int(self._rng.random() >= FAILED)
        lots = self._lots.get((pupil, section.subject))
        if lots is None:
            lots = self._lots[pupil, section.subject] = self._draw(pupil)
        return NUMERIC, lots[int(self._rng.random() * LOTS)]

    def _draw(self, pupil: Pupil) -> list[int]:
        """Return a student's possible marks in a subject, each as often as it is likely."""
        level = pupil.ability + self._rng.gauss(0, 0.3)
        return [min(5, max(2, round(self._rng.gauss(level, SPREAD)))) for _ in range(LOTS)]

    def _mark(
        self,
        lesson: PastLesson,
        assignment: int,
        pupil: Pupil,
        kind: str,
        value: int | None,
        at: datetime,
    ) -> None:
        chance, written_at = self._rng.random, lesson.written_at
        changed = value is not None and kind == NUMERIC and chance() < CHANGED
        set_at = written_at + timedelta(hours=2) if changed else written_at
        mark = self._marks.add(
            assignment,
            lesson.section.id,
            lesson.id,
            pupil.id,
            lesson.author_id,
            kind,
            value,
            choose_comment(self._rng, value)
            if kind != PASS_FAIL and chance() < COMMENTED
            else None,
            set_at,
            max(at, set_at),
            version=2 if changed else 1,
        )
        if changed and value:
            before = value - 1 if value > 2 else 3
            self._revise(mark, lesson, (None, None, kind, before), written_at)
            self._revise(mark, lesson, (kind, before, kind, value), set_at)
        elif self._density.every_revision:
            self._revise(mark, lesson, (None, None, kind, value), set_at)

    def _revise(
        self,
        mark: int,
        lesson: PastLesson,
        change: tuple[str | None, int | None, str, int | None],
        at: datetime,
    ) -> None:
        reason = self._rng.choice(REASONS) if change[0] else None
        self._revisions.add(mark, lesson.author_id, *change, reason, JOURNAL, at)
