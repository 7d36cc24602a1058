"""Rooms: who keeps their list, and what is refused."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.conftest import SignIn

CREATE = """mutation ($input: CreateRoomInput!) { createRoom(input: $input) {
  room { id number building capacity version viewerCan { edit } } userErrors { code field } } }"""
UPDATE = """mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) {
  room { id number building capacity version } userErrors { code field message } } }"""
REMOVE = """mutation ($input: RemoveRoomInput!) { removeRoom(input: $input) {
  school { id } userErrors { code field message } } }"""
LIST = "{ rooms(first: 100) { nodes { id number building version } } }"
LAB = {"number": "312", "building": "Корпус 2", "capacity": 24}


async def make_room(api: SignIn, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await api("zavuch")(CREATE, input=LAB | more))["createRoom"]["room"]
    return found


@pytest.mark.parametrize("login", ["zavuch", "admin", "director"])
async def test_a_room_is_made_corrected_and_removed(api: SignIn, login: str) -> None:
    who = api(login)
    room = (await who(CREATE, input=LAB))["createRoom"]["room"]
    assert (room["number"], room["capacity"], room["version"]) == ("312", 24, 1)
    assert room["viewerCan"] == {"edit": True}
    change = {"roomId": room["id"], "expectedVersion": 1, "number": "312а", "building": None}
    changed = (await who(UPDATE, input=change))["updateRoom"]["room"]
    assert changed == {
        "id": room["id"], "number": "312а", "building": None, "capacity": 24, "version": 2,
    }  # fmt: skip
    gone = await who(REMOVE, input={"roomId": room["id"], "expectedVersion": 2})
    assert gone["removeRoom"]["school"] == {"id": "School:1-1"}
    assert room["id"] not in [one["id"] for one in (await who(LIST))["rooms"]["nodes"]]


@pytest.mark.parametrize(
    "login", ["secretary", "teacher.belova", "parent.ivanova", "student.ivanova", "municipal"]
)
async def test_others_do_not_touch_the_list(api: SignIn, sql: AsyncConnection, login: str) -> None:
    before = (await sql.execute(text("SELECT * FROM rooms ORDER BY school_id, id"))).all()
    room = {"roomId": "Room:1-1", "expectedVersion": 1}
    assert await api(login).expect_code(CREATE, input=LAB) == "FORBIDDEN"
    assert await api(login).expect_code(UPDATE, input={**room, "number": "1"}) == "FORBIDDEN"
    assert await api(login).expect_code(REMOVE, input=room) == "FORBIDDEN"
    assert (await sql.execute(text("SELECT * FROM rooms ORDER BY school_id, id"))).all() == before


async def test_a_room_in_which_lessons_are_held_stays(api: SignIn, sql: AsyncConnection) -> None:
    used = await sql.scalar(text("SELECT min(room_id) FROM lessons WHERE school_id = 1"))
    version = await sql.scalar(text("SELECT version FROM rooms WHERE id = :id"), {"id": used})
    room = {"roomId": f"Room:1-{used}", "expectedVersion": version}
    refusal = await api("zavuch").expect_refusal(REMOVE, input=room)
    assert (refusal["code"], refusal["field"]) == ("IN_USE", ["roomId"])
    assert "Lesson" in refusal["message"] or "SchoolClass" in refusal["message"]
    assert await sql.scalar(text("SELECT count(*) FROM rooms WHERE id = :id"), {"id": used}) == 1


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"number": ""}, "BLANK", "number"),
        ({"number": " \u200b"}, "BLANK", "number"),
        ({"number": "1" * 41}, "TOO_LONG", "number"),
        ({"number": "1\0"}, "BAD_USER_INPUT", "number"),
        ({"number": None}, "BAD_USER_INPUT", "number"),
        ({"building": "К" * 101}, "TOO_LONG", "building"),
        ({"building": ""}, "BLANK", "building"),
        ({"capacity": 0}, "OUT_OF_RANGE", "capacity"),
        ({"capacity": 2001}, "OUT_OF_RANGE", "capacity"),
        ({"roomId": "Room:1-9999"}, "NOT_FOUND", "roomId"),
        ({"roomId": "Room:2-1"}, "NOT_FOUND", "roomId"),
        ({"roomId": "Staff:1-1"}, "BAD_USER_INPUT", "roomId"),
        ({"expectedVersion": 7}, "CONFLICT", "roomId"),
    ],
)
async def test_a_wrong_correction_is_refused_naming_the_field(
    api: SignIn, wrong: dict[str, Any], code: str, field: str
) -> None:
    room = await make_room(api)
    given = {"roomId": room["id"], "expectedVersion": 1, **wrong}
    refusal = await api("zavuch").expect_refusal(UPDATE, input=given)
    assert (refusal["code"], refusal["field"]) == (code, [field])
    [now] = [
        one for one in (await api("zavuch")(LIST))["rooms"]["nodes"] if one["id"] == room["id"]
    ]
    assert (now["number"], now["version"]) == ("312", 1)


async def test_a_number_is_given_once_in_a_building(api: SignIn) -> None:
    await make_room(api)
    assert await api("admin").expect_code(CREATE, input=LAB) == "NAME_TAKEN"
    other = await make_room(api, building=None)
    moved = {"roomId": other["id"], "expectedVersion": 1, "building": LAB["building"]}
    refusal = await api("admin").expect_refusal(UPDATE, input=moved)
    assert refusal["code"] == "NAME_TAKEN"


async def test_of_two_who_correct_it_at_once_the_second_hears_of_the_first(api: SignIn) -> None:
    room = await make_room(api)
    given = {"roomId": room["id"], "expectedVersion": 1}
    replies = await asyncio.gather(
        *(api(who).reply(UPDATE, input={**given, "number": who}) for who in ("zavuch", "admin"))
    )
    answers = [(reply.data or {})["updateRoom"] for reply in replies]
    assert sorted(e["code"] for one in answers for e in one["userErrors"]) == ["CONFLICT"]
    assert len({one["room"]["number"] for one in answers}) == 1
