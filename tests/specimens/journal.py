"""Specimens of the journal."""

from typing import Any

from auth.rights import Right
from models.journal.assignment_types import AssignmentType
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceCode, AttendanceRecord
from models.journal.closures import JournalClosure
from models.journal.diary import DiaryLesson
from models.journal.journal import JournalStudent
from models.journal.marks import Mark, MarkKind, MarkRevision
from models.journal.term_marks import TermMark, TermMarkKind, TermMarkRevision, TermMarkValue
from tests.specimens.declaring import (
    CHILD,
    CLASS,
    SECTION,
    SELF,
    WHOLE_SCHOOL,
    Sees,
    Specimens,
    as_its,
    follow,
    follow_each,
    show,
    split_names,
)
from tests.specimens.stories import (
    BEGAN,
    EVER_IN_SECTION,
    KNOWN,
    LATER,
    NOW,
    OF_STAY,
    PUPILS,
    TAUGHT,
    TOOK_OVER,
)
from tests.specimens.timetable import LESSONS, SAT, SECTION_OF, TO_GIVE

OUT_OF = {
    "7A september": "bella",
    "7A november": "pasha",
    "7A by hitrova": "pasha",
    "7A by galin": "pasha",
    "7A by dubova": "pasha",
}
"""Lessons that count in the marks of a pupil who, as was found out later, was in another
section."""


def make_stay(pupil: str, lesson: str) -> dict[str, Any]:
    """Return the columns of a pupil's rows in a lesson, with the section of that lesson."""
    section = SECTION_OF[lesson]
    return {"student": pupil, "section": section, "_stay": f"{pupil} in {section}"}


IN_LESSONS = [
    (pupil, lesson)
    for lesson, (*_, sat) in SAT.items()
    for pupil in split_names(f"{sat}, {OUT_OF.get(lesson, '')}")
]
UNPUBLISHED, WITHDRAWN = "*7A by galin", "*7A by hitrova"

Specimens(
    AssignmentType,
    {"test": {}, "oral": {}},
    dict.fromkeys((Right.SCHOOL_READ, Right.SCHOOL_WRITE), WHOLE_SCHOOL),
)

OF_LESSON = as_its("lesson", LESSONS)
BY_MARK: Sees = {
    SELF: follow("_marked", PUPILS[SELF]).hide(f"{UNPUBLISHED}, {WITHDRAWN}"),
    CHILD: follow("_marked", PUPILS[CHILD]).hide(f"{UNPUBLISHED}, {WITHDRAWN}"),
    CLASS: follow("_marked", PUPILS[CLASS]).hide(WITHDRAWN),
}
"""An assignment is visible to everybody who sees one of its marks."""
ASSIGNMENTS = Specimens(
    Assignment,
    {
        lesson: {
            "lesson": lesson, "section": SECTION_OF[lesson], "assignment_type": "test",
            "due_on": BEGAN, "publish_at": NOW, "weight": 10,
            "_marked": OUT_OF.get(lesson, ""),
        }
        for lesson in SAT
    },
    {
        Right.ASSIGNMENTS_READ: {
            **OF_LESSON,
            SELF: OF_LESSON[SELF] | BY_MARK[SELF],
            CHILD: OF_LESSON[CHILD] | BY_MARK[CHILD],
            CLASS: OF_LESSON[CLASS] | BY_MARK[CLASS],
            SECTION: follow("section", KNOWN) | TO_GIVE | show({
                "gusev": "7A september, 7A october, 7A november, 7A by galin, 7A by dubova,"
                         " 8A november",
                "belova, boris": "7B early",
                "fomina": "7B early, 7A september",
                "fired": "7A september",
            }),
        },
        Right.MARKS_WRITE: as_its("lesson", LESSONS, Right.MARKS_WRITE),
    },
)  # fmt: skip
MARKS_SEEN: Sees = {
    scope: rows.hide(f"{WITHDRAWN}, {UNPUBLISHED}" if scope in (SELF, CHILD) else WITHDRAWN)
    for scope, rows in OF_STAY.items()
}
MARKS = Specimens(
    Mark,
    {
        f"{pupil} {lesson}": {
            **make_stay(pupil, lesson), "assignment": lesson, "lesson": lesson, "author": "belova",
            "kind": MarkKind.NUMERIC, "value": 5, "set_at": NOW,
            "published_at": LATER if lesson == "7A by galin" else NOW,
            "withdrawn_at": NOW if lesson == "7A by hitrova" else None,
        }
        for pupil, lesson in IN_LESSONS
    },
    {
        Right.MARKS_READ: MARKS_SEEN,
        Right.MARKS_READ_HISTORY: MARKS_SEEN,
        Right.MARKS_READ_AUTHORS: MARKS_SEEN,
    },
)  # fmt: skip
Specimens(
    MarkRevision,
    {
        name: {
            "mark": name, "author": "belova", "old_kind": MarkKind.NUMERIC, "old_value": 4,
            "new_kind": MarkKind.NUMERIC, "new_value": 5,
        }
        for name in MARKS.rows
    },
    {
        Right.MARKS_READ_HISTORY: as_its("mark", MARKS),
        Right.MARKS_READ_AUTHORS: as_its("mark", MARKS),
    },
)  # fmt: skip
Specimens(
    AttendanceRecord,
    {
        f"{pupil} {lesson}": {
            **make_stay(pupil, lesson), "lesson": lesson, "author": "belova",
            "code": AttendanceCode.LATE, "minutes_late": 5,
        }
        for pupil, lesson in IN_LESSONS
    },
    {Right.ATTENDANCE_READ: OF_STAY, Right.MARKS_READ_AUTHORS: OF_STAY},
)  # fmt: skip
Specimens(
    DiaryLesson,
    {f"{pupil} {lesson}": {**make_stay(pupil, lesson), "lesson": lesson}
     for lesson, (*_, sat) in SAT.items() for pupil in split_names(sat)},
    {Right.LESSONS_READ: {**follow_each("student", PUPILS), SECTION: follow("section", KNOWN)}},
    key=("lesson", "student"),
)  # fmt: skip
STAYED = [
    (pupil, section) for section, there in EVER_IN_SECTION.items() for pupil in split_names(there)
]
Specimens(
    JournalStudent,
    {
        f"{pupil} in {section}": {
            "student": pupil, "section": section, "_stay": f"{pupil} in {section}",
        }
        for pupil, section in STAYED
    },
    {Right.STUDENTS_READ: OF_STAY},
    key=("section", "student"),
)  # fmt: skip
TERM_MARKS_SEEN: Sees = {
    **follow_each("student", PUPILS),
    SECTION: follow("section", TAUGHT) | follow("_stay", TOOK_OVER),
}
SECOND_TERM = split_names(
    "pasha in algebra 7B, gleb in algebra 7A, tima in algebra 8A, masha in algebra 7A,"
    " vera in algebra 8A, bella in algebra 7B, yura in algebra 11A"
)
TERM_MARKS = Specimens(
    TermMark,
    {
        f"{pupil} in {section}": {
            "student": pupil, "section": section, "_stay": f"{pupil} in {section}",
            "subject": section.split(" ")[0], "author": "belova", "value": TermMarkValue.FIVE,
            "academic_year": "last year" if section == "algebra 6A" else "this year",
            "kind": TermMarkKind.YEAR if section == "algebra 6A" else TermMarkKind.TERM,
            "term": None if section == "algebra 6A" else
            "winter" if f"{pupil} in {section}" in SECOND_TERM else "autumn",
        }
        for pupil, section in STAYED
    },
    {Right.TERM_MARKS_READ: TERM_MARKS_SEEN, Right.MARKS_READ_AUTHORS: TERM_MARKS_SEEN},
)  # fmt: skip
Specimens(
    TermMarkRevision,
    {
        name: {
            "term_mark": name, "author": "belova", "old_value": TermMarkValue.FOUR,
            "new_value": TermMarkValue.FIVE,
        }
        for name in TERM_MARKS.rows
    },
    {
        Right.MARKS_READ_HISTORY: as_its("term_mark", TERM_MARKS),
        Right.MARKS_READ_AUTHORS: as_its("term_mark", TERM_MARKS),
    },
)  # fmt: skip
Specimens(
    JournalClosure,
    {
        "autumn": {"term": "autumn", "closed_by": "director", "reason": None},
        "once": {
            "term": "winter", "closed_by": "director", "reopened_by": "director",
            "reopened_at": NOW, "reason": "a mistake",
        },
    },
    {Right.JOURNAL_CLOSE: WHOLE_SCHOOL},
)  # fmt: skip
