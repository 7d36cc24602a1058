"""Where one is signed in oneself, and ending it there."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.asking import REFRESH, WHO, code, holding, sign_in
from tests.conftest import Api

MINE = """{ viewer { sessions { id role schoolName createdAt lastUsedAt userAgent isCurrent } } }"""
END = """mutation ($id: ID!) { endSession(input: {sessionId: $id}) {
  endedAt userErrors { code field } } }"""


async def fresh(sql: AsyncConnection) -> None:
    """Nobody is signed in."""
    await sql.execute(text("DELETE FROM sessions"))


async def mine(who: Api) -> list[Any]:
    found: list[Any] = (await who(MINE))["viewer"]["sessions"]
    return found


async def test_a_mother_sees_her_telephone_and_ends_it_from_her_desk(
    stranger: Api, sql: AsyncConnection
) -> None:
    await fresh(sql)
    phone = await sign_in(stranger, "parent.ivanova")
    desk = holding(stranger, (await sign_in(stranger, "parent.ivanova"))["accessToken"])
    found = await mine(desk)
    assert [one["isCurrent"] for one in found] == [True, False]
    assert {one["role"] for one in found} == {"PARENT"}
    assert await mine(holding(stranger, phone["accessToken"]))

    done = (await desk(END, id=found[1]["id"]))["endSession"]
    assert done["endedAt"] == "2026-11-23T05:00:00Z"

    assert await code(holding(stranger, phone["accessToken"])) == "UNAUTHENTICATED"
    assert await stranger.refusal(REFRESH, token=phone["refreshToken"]) == "SESSION_OVER"
    assert [one["isCurrent"] for one in await mine(desk)] == [True]
    assert await desk.refusal(END, id=found[1]["id"]) == "NOT_FOUND"


async def test_nobody_sees_or_ends_a_session_of_another(
    stranger: Api, sql: AsyncConnection
) -> None:
    await fresh(sql)
    hers = await sign_in(stranger, "parent.ivanova")
    [session] = await mine(holding(stranger, hers["accessToken"]))
    for login in ("parent.ivanov", "admin", "director"):
        other = holding(stranger, (await sign_in(stranger, login))["accessToken"])
        assert len(await mine(other)) == 1
        assert await other.refusal(END, id=session["id"]) == "NOT_FOUND"
        for absent in ("Session:1-999999", "Session:9-1"):
            assert await other.refusal(END, id=absent) == "NOT_FOUND"
        assert await other("query ($id: ID!) { node(id: $id) { id } }", id=session["id"]) == {
            "node": None
        }
    assert await code(holding(stranger, hers["accessToken"])) is None
    assert await stranger.refusal(END, id=session["id"]) == "UNAUTHENTICATED"


async def test_a_mother_of_two_schools_ends_here_what_she_left_open_there(
    stranger: Api, sql: AsyncConnection
) -> None:
    await fresh(sql)
    there = await sign_in(stranger, "parent.morozova", school="School:2-2")
    here = await sign_in(stranger, "parent.morozova", school="School:1-1")
    desk = holding(stranger, here["accessToken"])
    found = await mine(desk)
    assert len({one["schoolName"] for one in found}) == 2
    [away] = [one for one in found if not one["isCurrent"]]
    await desk(END, id=away["id"])
    assert await code(holding(stranger, there["accessToken"])) == "UNAUTHENTICATED"
    assert await code(desk) is None
    assert await sql.scalar(text("SELECT count(*) FROM audit_events WHERE school_id = 2")) == 0


async def test_who_ends_the_session_they_are_in_is_signed_out(
    stranger: Api, sql: AsyncConnection
) -> None:
    await fresh(sql)
    pupil = holding(stranger, (await sign_in(stranger, "student.ivanova"))["accessToken"])
    [session] = await mine(pupil)
    await pupil(END, id=session["id"])
    assert await code(pupil, WHO) == "UNAUTHENTICATED"
