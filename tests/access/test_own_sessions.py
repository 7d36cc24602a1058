"""One's own sessions, and ending them."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.access.asking import REFRESH, WHO, get_code, sign_in, with_token
from tests.conftest import Api

MINE = """{ viewer { sessions { id role schoolName createdAt lastUsedAt userAgent isCurrent } } }"""
END = """mutation ($id: ID!) { endSession(input: {sessionId: $id}) {
  endedAt userErrors { code field } } }"""


async def delete_sessions(sql: AsyncConnection) -> None:
    """Delete all sessions."""
    await sql.execute(text("DELETE FROM sessions"))


async def fetch_own_sessions(who: Api) -> list[Any]:
    found: list[Any] = (await who(MINE))["viewer"]["sessions"]
    return found


async def test_a_mother_sees_her_telephone_and_ends_it_from_her_desk(
    stranger: Api, sql: AsyncConnection
) -> None:
    await delete_sessions(sql)
    phone = await sign_in(stranger, "parent.ivanova")
    desk = with_token(stranger, (await sign_in(stranger, "parent.ivanova"))["accessToken"])
    found = await fetch_own_sessions(desk)
    assert [one["isCurrent"] for one in found] == [True, False]
    assert {one["role"] for one in found} == {"PARENT"}
    assert await fetch_own_sessions(with_token(stranger, phone["accessToken"]))

    done = (await desk(END, id=found[1]["id"]))["endSession"]
    assert done["endedAt"] == "2026-11-23T05:00:00Z"

    assert await get_code(with_token(stranger, phone["accessToken"])) == "UNAUTHENTICATED"
    assert await stranger.expect_code(REFRESH, token=phone["refreshToken"]) == "SESSION_OVER"
    assert [one["isCurrent"] for one in await fetch_own_sessions(desk)] == [True]
    assert await desk.expect_code(END, id=found[1]["id"]) == "NOT_FOUND"


async def test_nobody_sees_or_ends_a_session_of_another(
    stranger: Api, sql: AsyncConnection
) -> None:
    await delete_sessions(sql)
    hers = await sign_in(stranger, "parent.ivanova")
    [session] = await fetch_own_sessions(with_token(stranger, hers["accessToken"]))
    for login in ("parent.ivanov", "admin", "director"):
        other = with_token(stranger, (await sign_in(stranger, login))["accessToken"])
        assert len(await fetch_own_sessions(other)) == 1
        assert await other.expect_code(END, id=session["id"]) == "NOT_FOUND"
        for absent in ("Session:1-999999", "Session:9-1"):
            assert await other.expect_code(END, id=absent) == "NOT_FOUND"
        assert await other("query ($id: ID!) { node(id: $id) { id } }", id=session["id"]) == {
            "node": None
        }
    assert await get_code(with_token(stranger, hers["accessToken"])) is None
    assert await stranger.expect_code(END, id=session["id"]) == "UNAUTHENTICATED"


async def test_a_mother_of_two_schools_ends_here_what_she_left_open_there(
    stranger: Api, sql: AsyncConnection
) -> None:
    await delete_sessions(sql)
    there = await sign_in(stranger, "parent.morozova", school="School:2-2")
    here = await sign_in(stranger, "parent.morozova", school="School:1-1")
    desk = with_token(stranger, here["accessToken"])
    found = await fetch_own_sessions(desk)
    assert len({one["schoolName"] for one in found}) == 2
    [away] = [one for one in found if not one["isCurrent"]]
    await desk(END, id=away["id"])
    assert await get_code(with_token(stranger, there["accessToken"])) == "UNAUTHENTICATED"
    assert await get_code(desk) is None
    assert await sql.scalar(text("SELECT count(*) FROM audit_events WHERE school_id = 2")) == 0


async def test_a_mother_who_ends_her_present_session_is_signed_out(
    stranger: Api, sql: AsyncConnection
) -> None:
    await delete_sessions(sql)
    pupil = with_token(stranger, (await sign_in(stranger, "student.ivanova"))["accessToken"])
    [session] = await fetch_own_sessions(pupil)
    await pupil(END, id=session["id"])
    assert await get_code(pupil, WHO) == "UNAUTHENTICATED"
