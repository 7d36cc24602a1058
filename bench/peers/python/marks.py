"""Putting one mark: it, its history, the audit entry and the event are one transaction."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from database import database, rows
from viewer import Viewer

SCALES = {
    "FIVE_POINT": {"NUMERIC", "DEBT_POINT"},
    "PASS_FAIL": {"PASS_FAIL", "DEBT_POINT"},
    "UNGRADED": set(),
}
GIVEN = ("assignmentId", "studentId", "value", "kind", "comment", "reason")
LOGGED = ("assignmentId", "studentId")
"""Arguments that an audit entry names, and those of which it has the values."""


class Refused(Exception):
    """Why nothing is written: the code of a user error."""


async def set_mark(viewer: Viewer, given: dict[str, Any]) -> Any:
    viewer.needs("marks:write")
    cell = viewer.key(given["assignmentId"]), viewer.key(given["studentId"])
    errors = []
    try:
        async with database.connected(viewer.school_id) as held, held.transaction():
            await put(viewer, given, cell, held)
    except Refused as refused:
        errors = [{"code": str(refused), "message": str(refused)}]
    found = await rows(viewer.school_id, "mark", *viewer.reach, *cell)
    return {"mark": read_back(viewer, found[0]) if found else None, "userErrors": errors}


async def put(viewer: Viewer, given: dict[str, Any], cell: tuple[int, int], held: Any) -> None:
    school_id, now = viewer.school_id, datetime.now(UTC)
    places = await rows(school_id, "cell", *cell, viewer.taught, viewer.wards, held=held)
    if code := refusal(places, given):
        raise Refused(code)
    [place] = places
    put_at = (*cell, place["section_id"], place["lesson_id"], viewer.person_id)
    told = (given["kind"], given.get("value"), given.get("comment"), now, place["published_at"])
    expected = given.get("expectedVersion"), given.get("reason")
    found = await rows(school_id, "put_mark", *put_at, *told, *expected, held=held)
    if not found:
        raise Refused("CONFLICT")
    await record(viewer, now, viewer.id("Mark", found[0]["id"]), given, cell[1], held)


def refusal(places: list[Any], given: dict[str, Any]) -> str | None:
    if not places or not places[0]["is_member"]:
        return "NOT_FOUND"
    [place] = places
    if place["is_closed"]:
        return "PERIOD_CLOSED"
    if place["is_to_come"]:
        return "NOT_HELD_YET"
    numeric, value = given["kind"] == "NUMERIC", given.get("value")
    if given["kind"] not in SCALES[place["scale"]] or (numeric and value not in range(1, 6)):
        return "VALIDATION"
    return "STUDENT_AWAY" if place["is_away"] else None


async def record(
    viewer: Viewer, now: datetime, entity: str, given: dict[str, Any], student: int, held: Any
) -> None:
    names = [name for name in GIVEN if given.get(name) is not None]
    details = [{"name": n, "values": [given[n]] if n in LOGGED else None} for n in names]
    deed = {
        "actor_id": viewer.person_id,
        "role": viewer.role,
        "action": "setMark",
        "entity": entity,
        "details": details,
        "request_id": uuid.uuid4().hex,
    }
    # As Gorod seals it.
    sealed = json.dumps({**deed, "at": now.isoformat()}, sort_keys=True, ensure_ascii=False)
    written = {**deed, "details": json.dumps(details)}
    parts = (now, *written.values(), sealed.encode(), student)
    await rows(viewer.school_id, "record", *parts, held=held)


def read_back(viewer: Viewer, row: Any) -> Any:
    student = {"id": viewer.id("Student", row["student_id"]), "fullName": row["full_name"]}
    assignment = {
        "id": viewer.id("Assignment", row["assignment_id"]),
        "title": row["title"],
        "weight": row["weight"],
    }
    return {
        "id": viewer.id("Mark", row["id"]),
        "value": row["value"],
        "kind": row["kind"],
        "version": row["version"],
        "student": student,
        "assignment": assignment,
    }
