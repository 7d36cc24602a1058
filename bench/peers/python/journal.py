"""Diaries, journals and averages: one function a statement, for one or for many parents.

Rows are dicts with the names of the schema."""

from collections import defaultdict
from itertools import groupby
from typing import Any

from database import rows
from viewer import Viewer


async def diary(viewer: Viewer, student_id: str, from_: str, to: str) -> Any:
    viewer.needs("lessons:read")
    student = viewer.key(student_id)
    if not viewer.oversees and student not in viewer.pupils:
        return None
    found = await rows(viewer.school_id, "diary", student, from_, to)
    days = groupby(found, lambda row: row["date"])
    return {"days": [{"date": day, "lessons": list(map(lesson, these))} for day, these in days]}


def lesson(row: Any) -> dict[str, Any]:
    return {
        "place": (row["lesson_id"], row["student_id"]),
        "startsAt": row["starts_at"],
        "topic": row["topic"],
        "subject": {"name": row["subject_name"]},
        "teacher": {"shortName": row["teacher_name"]},
        "room": row["room_number"] and {"number": row["room_number"]},
        "homework": row["homework_text"] and {"text": row["homework_text"]},
    }


async def marks_of(viewer: Viewer, places: list[tuple[int, int]]) -> list[list[Any]]:
    """For each lesson of a diary its marks."""
    found = defaultdict(list)
    for row in await rows(
        viewer.school_id, "marks", *viewer.reach, *map(list, zip(*places, strict=True))
    ):
        assignment = {"title": row["title"], "weight": row["weight"]}
        mark = {"value": row["value"], "kind": row["kind"], "assignment": assignment}
        found[row["lesson_id"], row["student_id"]].append(mark)
    return [found[place] for place in places]


async def attendance_of(viewer: Viewer, places: list[tuple[int, int]]) -> list[Any]:
    """For each lesson of a diary whether the student was there."""
    seen = viewer.reach[:3]
    found = {
        (row["lesson_id"], row["student_id"]): {"code": row["code"]}
        for row in await rows(
            viewer.school_id, "attendance", *seen, *map(list, zip(*places, strict=True))
        )
    }
    return [found.get(place) for place in places]


def journal(viewer: Viewer, section_id: str, from_: str, to: str) -> Any:
    viewer.needs("marks:read")
    section = viewer.key(section_id)
    seen = viewer.oversees or section in viewer.sections
    return {"about": (section, from_, to)} if seen else None


async def students(viewer: Viewer, about: Any) -> list[Any]:
    found = await rows(viewer.school_id, "students", viewer.oversees, viewer.pupils, *about)
    return [{"id": viewer.id("Student", row["id"]), "fullName": row["full_name"]} for row in found]


async def lessons(viewer: Viewer, about: Any) -> list[Any]:
    return [
        {"key": row["id"], "id": viewer.id("Lesson", row["id"]), "date": row["date"],
         "topic": row["topic"]}
        for row in await rows(viewer.school_id, "lessons", *about)
    ]  # fmt: skip


async def assignments_of(viewer: Viewer, keys: list[int]) -> list[list[Any]]:
    """For each lesson what marks are given for in it."""
    found = defaultdict(list)
    for row in await rows(viewer.school_id, "assignments", keys):
        id_ = viewer.id("Assignment", row["id"])
        found[row["lesson_id"]].append({"id": id_, "title": row["title"], "weight": row["weight"]})
    return [found[key] for key in keys]


async def cells(viewer: Viewer, about: Any) -> list[Any]:
    made = []
    found = await rows(viewer.school_id, "cells", *viewer.reach, *about)
    for (lesson_id, student_id), these in groupby(
        found, lambda r: (r["lesson_id"], r["student_id"])
    ):
        lines = list(these)
        cell = {
            "lessonId": viewer.id("Lesson", lesson_id),
            "studentId": viewer.id("Student", student_id),
            "marks": [{"value": r["value"], "kind": r["kind"]} for r in lines if r["kind"]],
            "attendance": lines[0]["code"] and {"code": lines[0]["code"]},
        }
        made.append(cell)
    return made


async def class_averages(viewer: Viewer, school_class_id: str, term_id: str) -> Any:
    viewer.needs("marks:read")
    school_class, term = viewer.key(school_class_id), viewer.key(term_id)
    if not viewer.oversees and school_class not in viewer.classes:
        return None
    names = await rows(viewer.school_id, "class_and_term", school_class, term)
    seen = (*viewer.reach, viewer.pupils)
    found = await rows(viewer.school_id, "class_averages", *seen, school_class, term)
    made = []
    for (student_id, full_name), lines in groupby(
        found, lambda r: (r["student_id"], r["full_name"])
    ):
        averages = [
            {
                "subject": {"name": row["subject_name"]},
                "weightedAverage": row["weighted_average"],
                "markCount": row["mark_count"],
            }
            for row in lines
        ]
        id_ = viewer.id("Student", student_id)
        made.append({"studentId": id_, "fullName": full_name, "averages": averages})
    return names and {
        "schoolClass": {"name": names[0]["class_name"]},
        "term": {"name": names[0]["term_name"]},
        "rows": made,
    }
