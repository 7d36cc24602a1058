"""PostGraphile, whose schema is made from the tables: its variables, and its answers in the shape
of the other peers."""

from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.asks import Connection

PEERS = Path(__file__).parent / "peers"


async def show(connection: Connection) -> None:
    """Make its views and functions, with the statements of the other peers."""
    script = (PEERS / "postgraphile/views.sql").read_text()
    for name in ("class_averages", "unread_counts"):
        lines = (PEERS / f"sql/{name}.sql").read_text().splitlines()
        bare = "\n".join(line for line in lines if not line.startswith("--"))
        script = script.replace(f"{{{name}}}", bare)
    await connection.execute(script)


def variables(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables with keys instead of ids."""
    return {name: value.rpartition("-")[2] if ":" in str(value) else value
            for name, value in given.items()}  # fmt: skip


class Folding:
    """Its answers in the shape of the others. They lack the number of the school."""

    def __init__(self, school_id: int) -> None:
        self.school_id = school_id

    def id(self, type_: str, key: Any) -> str:
        return f"{type_}:{self.school_id}-{key}"

    def lesson(self, lesson: Any) -> Any:
        return lesson | {
            "startsAt": lesson["startsAt"][:8],
            "marks": [mark | {"value": to_int(mark["value"])} for mark in lesson["marks"]],
        }

    def diary(self, lessons: Any) -> Any:
        days = groupby(map(self.lesson, lessons), lambda lesson: lesson.pop("date"))
        return {"days": [{"date": day, "lessons": list(those)} for day, those in days]}

    def notice(self, notice: Any) -> Any:
        told = {
            "id": self.id("Notice", notice.pop("rowId")),
            "visibleFrom": instant(notice.pop("visibleFrom")),
            "authorName": notice.pop("author")["fullName"],
        }
        if files := [line["file"] for line in notice.pop("attachments", [])]:
            told["attachments"] = [
                {"fileName": f["name"], "mediaType": f["mediaType"], "size": to_int(f["size"])}
                for f in files
            ]
        elif "readCount" in notice:
            told["attachments"] = []
        return notice | told

    def copy(self, copy: Any) -> Any:
        message = copy["message"]
        return {
            "id": self.id("MailCopy", copy["rowId"]),
            "at": instant(copy["at"]),
            "readAt": copy["readAt"] and instant(copy["readAt"]),
            "message": {
                "subject": message["subject"],
                "senderName": message["sender"]["fullName"],
            },
        }

    def cells(self, lesson: Any) -> list[Any]:
        """Return the cells by student; PostGraphile has them by lesson."""
        marks: dict[int, list[Any]] = {}
        for mark in lesson["marks"]:
            put = {"value": to_int(mark["value"]), "kind": mark["kind"]}
            marks.setdefault(int(mark["studentId"]), []).append(put)
        codes = {int(one["studentId"]): {"code": one["code"]} for one in lesson["attendance"]}
        return [
            {
                "studentId": self.id("Student", student),
                "lessonId": self.id("Lesson", lesson["rowId"]),
                "marks": marks.get(student, []),
                "attendance": codes.get(student),
            }
            for student in sorted(marks.keys() | codes.keys())
        ]

    # -- a method for each query ----------------------------------------------------------

    def q1(self, data: Any) -> Any:
        return {"diary": self.diary(data["diary"])}

    def q2(self, data: Any) -> Any:
        lessons = sorted(data["lessons"], key=lambda lesson: int(lesson["rowId"]))
        return {
            "journal": {
                "students": [
                    {"id": self.id("Student", s["rowId"]), "fullName": s["person"]["fullName"]}
                    for s in data["students"]
                ],
                "lessons": [
                    {
                        "id": self.id("Lesson", lesson["rowId"]),
                        "date": lesson["date"],
                        "topic": lesson["topic"],
                        "assignments": [
                            {
                                "id": self.id("Assignment", a["rowId"]),
                                "title": a["title"],
                                "weight": a["weight"],
                            }
                            for a in lesson["assignments"]
                        ],
                    }
                    for lesson in data["lessons"]
                ],
                "cells": [cell for lesson in lessons for cell in self.cells(lesson)],
            }
        }

    def q3(self, data: Any) -> Any:
        return {"notices": {"nodes": [self.notice(notice) for notice in data["notices"]]}}

    def q4(self, data: Any) -> Any:
        class_ = data["schoolClass"]
        rows = []
        by_student = groupby(data["classAverages"], lambda r: (r["studentId"], r["fullName"]))
        for (student, full_name), lines in by_student:
            averages = [
                {
                    "subject": {"name": line["subjectName"]},
                    "weightedAverage": line["weightedAverage"],
                    "markCount": line["markCount"],
                }
                for line in lines
            ]
            id_ = self.id("Student", student)
            rows.append({"studentId": id_, "fullName": full_name, "averages": averages})
        name = f"{class_['gradeLevel']}{class_['letter']}"
        found = {"schoolClass": {"name": name}, "term": data["term"], "rows": rows}
        return {"classAverages": found}

    def q5(self, data: Any) -> Any:
        return data | {
            "elder": self.diary(data["elder"]),
            "younger": self.diary(data["younger"]),
            "notices": {"nodes": [self.notice(notice) for notice in data["notices"]]},
            "mailbox": {"nodes": [self.copy(copy) for copy in data["mailbox"]]},
        }

    def m1(self, data: Any) -> Any:
        mark = data["setMark"]["mark"]
        told = {
            "id": self.id("Mark", mark["rowId"]),
            "value": to_int(mark["value"]),
            "kind": mark["kind"],
            "version": to_int(mark["version"]),
            "student": mark["student"]["person"],
            "assignment": mark["assignment"],
        }
        return {"setMark": {"mark": told, "userErrors": []}}


def fold(query: str, school_id: int, data: Any) -> Any:
    fold: Callable[[Any], Any] = getattr(Folding(school_id), query.lower())
    return fold(data)


def to_int(value: str | None) -> int | None:
    """Return a bigint, which is text in JSON."""
    return None if value is None else int(value)


def instant(value: str) -> str:
    return value.replace(".000000+00:00", "Z")
