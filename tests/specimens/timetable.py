"""Specimens of lessons and homework."""

from datetime import date, time

from auth.rights import Right
from models.timetable.homework import Homework, HomeworkAttachment
from models.timetable.lessons import Lesson, LessonStatus
from tests.specimens.declaring import (
    ALL,
    CHILD,
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    Sees,
    Specimens,
    as_its,
    follow,
    show,
)
from tests.specimens.stories import CHILDREN, IN_THEIR_CLASS, KNOWN, NOW, OWN, TAUGHT, TODAY
from tests.specimens.structure import SECTIONS_LED

SAT = {
    "7A september": ("algebra 7A", "safonova", date(2026, 9, 14), 9, "masha, pasha, yura"),
    "7A october": ("algebra 7A", "safonova", date(2026, 10, 5), 9, "masha, pasha, gleb"),
    "7A november": ("algebra 7A", "belova", date(2026, 11, 9), 9, "masha, gleb"),
    "7A by hitrova": ("algebra 7A", "hitrova", date(2026, 11, 14), 9, "masha, gleb"),
    "7A by galin": ("algebra 7A", "galin", date(2026, 11, 16), 9, "masha, gleb"),
    "7A by safonova": ("algebra 7A", "safonova", date(2026, 11, 20), 9, "masha, gleb"),
    "7A by dubova": ("algebra 7A", "dubova", TODAY, 9, "masha"),
    "7A by ivlev": ("algebra 7A", "ivlev", TODAY, 10, "masha"),
    "7A by efimov": ("algebra 7A", "efimov", TODAY, 14, "masha"),
    "7A tomorrow": ("algebra 7A", "petrenko", date(2026, 11, 24), 9, "masha, tima"),
    "7B early": ("algebra 7B", "gusev", date(2026, 9, 7), 9, "masha, vera, gleb"),
    "7B september": ("algebra 7B", "gusev", date(2026, 9, 14), 9, "gleb"),
    "7B november": ("algebra 7B", "gusev", date(2026, 11, 9), 9, "pasha"),
    "8A november": ("algebra 8A", "fomina", date(2026, 11, 9), 9, "vera, tima, bella"),
    "8A by boris": ("algebra 8A", "boris", TODAY, 9, "vera, tima"),
    "11A november": ("algebra 11A", "fomina", date(2026, 11, 9), 10, "oleg, nina, yura"),
    "11A by boris": ("algebra 11A", "boris", TODAY, 12, "oleg, nina, yura"),
    "art november": ("art", "rosina", date(2026, 11, 9), 12, "masha, vera"),
    "music september": ("music 7A", "rosina", date(2026, 9, 14), 9, "masha"),
    "music november": ("music 7A", "rosina", date(2026, 11, 10), 9, ""),
    "reading november": ("reading 8A", "boris", date(2026, 11, 10), 9, "vera"),
    "6A last year": ("algebra 6A", "belova", date(2026, 5, 18), 9, "masha"),
}
"""Lessons: the section, the teacher, the time, and the pupils of the section on that day."""
SECTION_OF = {name: section for name, (section, *_) in SAT.items()}
ATTENDED: Sees = {
    SELF: follow("_sat", OWN),
    CHILD: follow("_sat", CHILDREN),
    CLASS: follow("_sat", IN_THEIR_CLASS),
    SCHOOL: ALL,
}
TO_GIVE = show({"efimov": "7A by efimov", "ivlev": "7A by ivlev"})
"""Lessons that a substitute who is still to give them sees, and nothing around them."""
GIVING = show({
    "dubova": "7A by dubova", "galin": "7A by galin", "boris": "8A by boris, 11A by boris",
    "boris of 8A": "8A by boris",
})  # fmt: skip
"""Lessons in which a substitute writes: begun, not cancelled, and at most a week ago."""
PLANNED: Sees = {
    SECTION: follow("section", TAUGHT),
    CLASS: follow("section", SECTIONS_LED),
    SCHOOL: ALL,
}
WRITTEN: Sees = {**PLANNED, SECTION: PLANNED[SECTION] | GIVING}
READ: Sees = {**ATTENDED, SECTION: follow("section", KNOWN) | TO_GIVE}

LESSONS = Specimens(
    Lesson,
    {
        name: {
            "section": section, "staff": staff, "date": day, "starts_at": time(hour),
            "ends_at": time(hour, 40), "ordinal": hour - 7, "_sat": sat, "moved_from": NOW,
            "room": "204" if name == "7A november" else None,
            "status": LessonStatus.CANCELLED if name == "7A by ivlev" else LessonStatus.PLANNED,
            "overridden_warnings": ["LATE_LESSON"], "override_reason": "so it must be",
        }
        for name, (section, staff, day, hour, sat) in SAT.items()
    },
    {
        Right.LESSONS_READ: READ,
        Right.ASSIGNMENTS_READ: READ,
        Right.TIMETABLE_WRITE: PLANNED,
        Right.LESSONS_WRITE: WRITTEN,
        Right.MARKS_WRITE: WRITTEN,
        Right.ATTENDANCE_WRITE: WRITTEN,
    },
)  # fmt: skip

DUE = {"7A october": {"due_lesson": "7A november", "due_on": date(2026, 11, 9)}}
HOMEWORK = Specimens(
    Homework,
    {
        name: {
            "lesson": name,
            "due_on": date(2026, 11, 20),
            "overridden_warnings": ["HOMEWORK_ON_SUNDAY"],
            "override_reason": "so it must be",
            **DUE.get(name, {}),
        }
        for name in SAT
    },
    {Right.ASSIGNMENTS_READ: as_its("lesson", LESSONS)},
)
Specimens(
    HomeworkAttachment,
    {name: {"homework": name, "file": "belova's", "position": 1} for name in SAT},
    {Right.ASSIGNMENTS_READ: as_its("homework", HOMEWORK)},
)
