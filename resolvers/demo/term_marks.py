"""Term marks of past terms, year marks of a past year, and closed journals."""

from datetime import date, time, timedelta

from models.journal.closures import JournalClosure
from models.journal.term_marks import (
    TermMark,
    TermMarkKind,
    TermMarkRevision,
    TermMarkValue,
)
from models.school.calendar import TermStatus
from models.structure.subjects import MarkScale
from resolvers.demo.ground import TO_CLOSE, Ground, Site
from resolvers.demo.roster import Klass, Pupil, Section
from resolvers.school.federal_subjects import SPORT

VALUES = {
    5: TermMarkValue.FIVE,
    4: TermMarkValue.FOUR,
    3: TermMarkValue.THREE,
    2: TermMarkValue.TWO,
}
Sums = dict[tuple[Pupil, str, int], list[int]]


def close_journals(site: Site, ground: Ground, closed_by: int) -> None:
    """Write one closure of every locked term, by the person."""
    for spans in ground.spans.values():
        for span in spans:
            if span.status is TermStatus.CLOSED:
                closed_on = span.ends_on + TO_CLOSE
                site.ledger[JournalClosure].put(
                    term_id=span.id,
                    closed_by_id=closed_by,
                    closed_at=site.moment(closed_on, time(18)),
                )


class TermMarks:
    """The writer of term marks; `sums` as in Marks."""

    def __init__(self, site: Site, ground: Ground, sums: Sums) -> None:
        self._site, self._ground, self._sums = site, ground, sums
        self._sheet, self._history = site.ledger[TermMark], site.ledger[TermMarkRevision]

    def write(self, klass: Klass) -> None:
        """Write the term marks of all graded sections of the class."""
        for section in klass.sections:
            if section.scale is not MarkScale.UNGRADED:
                for member in section.members:
                    self._year(section, *member)

    def _year(self, section: Section, pupil: Pupil, since: date, until: date | None) -> None:
        """Write a student's terms at whose end they were in the section, then perhaps the year."""
        spans = self._ground.spans[self._ground.term_type(section.klass.grade)]
        values: list[TermMarkValue] = []
        for place, span in enumerate(spans):
            over = span.ends_on < self._site.today
            if over and since <= span.ends_on and (until is None or until > span.ends_on):
                values.append(self._value(section, pupil, place))
                self._put(section, pupil, values[-1], span.ends_on, span.id)
        if len(values) == len(spans):
            self._put(section, pupil, round_year(values), spans[-1].ends_on)

    def _value(self, section: Section, pupil: Pupil, place: int) -> TermMarkValue:
        if section.subject == SPORT and pupil.freed_from_sport:
            return TermMarkValue.EXEMPT
        if section.scale is MarkScale.PASS_FAIL:
            return TermMarkValue.PASS
        total, weights = self._sums.get((pupil, section.subject, place), (0, 0))
        return round_mean(total, weights) if weights else TermMarkValue.NOT_ASSESSED

    def _put(
        self,
        section: Section,
        pupil: Pupil,
        value: TermMarkValue,
        ends_on: date,
        term_id: int | None = None,
    ) -> None:
        """Write a term mark of the last school day, with the first entry of its history."""
        teacher = section.teacher.teacher_on(ends_on)
        day = ends_on - timedelta(days=max(0, ends_on.weekday() - 4))
        set_at = self._site.moment(day, time(16) if term_id else time(17))
        mark = self._sheet.put(
            student_id=pupil.id,
            subject_id=self._ground.subjects[section.subject],
            academic_year_id=self._ground.year_id,
            term_id=term_id,
            section_id=section.id,
            author_id=teacher.human.id,
            kind=TermMarkKind.TERM if term_id else TermMarkKind.YEAR,
            value=value,
            set_at=set_at,
        )
        self._history.put(term_mark_id=mark, author_id=teacher.human.id, new_value=value, at=set_at)


def round_mean(total: int, of: int) -> TermMarkValue:
    """Return the mean as a mark, halves up."""
    return VALUES[(2 * total + of) // (2 * of)]


def round_year(terms: list[TermMarkValue]) -> TermMarkValue:
    """Return the mean of the terms with a number; without any, the mark of the last term."""
    numbers = [number for number, value in VALUES.items() for term in terms if term is value]
    return round_mean(sum(numbers), len(numbers)) if numbers else terms[-1]
