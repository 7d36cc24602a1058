"""Signing in and out, tokens that are exchanged, and the ends of sessions."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from resolvers.demo import DEMO_PASSWORD
from tests.access.asking import (
    MARKS,
    REFRESH,
    SIGN_IN,
    SIGN_OUT,
    SWITCH,
    WHO,
    get_code,
    sign_in,
    with_token,
)
from tests.conftest import Api, Clock, SignIn, Template

# -- signing in -----------------------------------------------------------------------


async def test_a_teacher_signs_in(stranger: Api) -> None:
    done = await sign_in(stranger, " Teacher.Gusev ")
    assert done["viewer"]["role"] == "SUBJECT_TEACHER"
    assert done["viewer"]["fullName"] == "Гусев Алексей Павлович"
    assert done["expiresAt"] == "2026-11-23T05:15:00Z"
    assert done["mustChangePassword"] is False
    assert await with_token(stranger, done["accessToken"])(WHO)


async def test_a_teacher_who_is_a_mother_signs_in_as_what_she_chooses(stranger: Api) -> None:
    usual = await sign_in(stranger, "teacher.orlova")
    as_mother = await sign_in(stranger, "teacher.orlova", role="PARENT")
    again = await sign_in(stranger, "teacher.orlova")
    roles = [done["viewer"]["role"] for done in (usual, as_mother, again)]
    assert roles == ["CLASS_TEACHER", "PARENT", "PARENT"]


async def test_a_teacher_with_several_roles_is_told_so_when_she_signs_in(stranger: Api) -> None:
    done = await stranger(
        """mutation ($login: String!, $password: String!) {
            signIn(input: {login: $login, password: $password}) {
                contexts { role isCurrent schoolName } userErrors { code } } }""",
        login="teacher.belova",
        password=DEMO_PASSWORD,
    )
    contexts = done["signIn"]["contexts"]
    assert [(c["role"], c["isCurrent"]) for c in contexts] == [
        ("CLASS_TEACHER", True),
        ("SUBJECT_TEACHER", False),
    ]


async def test_a_mother_of_two_schools_signs_in_to_the_one_she_used_last(
    stranger: Api, clock: Clock
) -> None:
    places = []
    for school in ("School:2-2", None, "School:1-1", None):
        clock.now += timedelta(minutes=1)
        done = await sign_in(stranger, "parent.morozova", school=school)
        places.append(done["accessToken"].partition(".")[0])
    assert places == ["2", "2", "1", "1"]


async def test_nobody_signs_in_to_a_role_or_school_that_is_not_theirs(stranger: Api) -> None:
    given = {"login": "parent.ivanova", "password": DEMO_PASSWORD}
    assert await stranger.expect_code(SIGN_IN, **given, role="DIRECTOR") == "NOTHING_TO_DO_HERE"
    assert await stranger.expect_code(SIGN_IN, **given, school="School:2-2") == "NOTHING_TO_DO_HERE"
    assert await stranger.expect_code(SIGN_IN, **given, school="School:9-9") == "NOTHING_TO_DO_HERE"


async def test_an_unknown_login_is_answered_like_a_wrong_password(stranger: Api) -> None:
    replies = [
        await stranger.reply(SIGN_IN, login=login, password="guessed it is")
        for login in ("parent.ivanova", "nobody.at.all")
    ]
    assert replies[0].data == replies[1].data
    assert replies[0].errors is replies[1].errors is None
    [error] = (replies[0].data or {})["signIn"]["userErrors"]
    assert error["code"] == "WRONG_CREDENTIALS"
    assert error["field"] is None


@pytest.mark.parametrize("login", ["parent.ivanova", "nobody.at.all"])
async def test_after_five_wrong_passwords_one_must_wait(
    stranger: Api, clock: Clock, login: str
) -> None:
    async def answer(password: str) -> tuple[str | None, str | None]:
        done = (await stranger.reply(SIGN_IN, login=login, password=password)).data or {}
        errors = done["signIn"]["userErrors"]
        return errors[0]["code"] if errors else None, done["signIn"]["retryAt"]

    assert {await answer(f"wrong {n}") for n in range(5)} == {("WRONG_CREDENTIALS", None)}
    assert await answer(DEMO_PASSWORD) == ("TOO_MANY_TRIES", "2026-11-23T05:00:30Z")
    clock.now += timedelta(seconds=30)
    assert await answer("wrong again") == ("WRONG_CREDENTIALS", None)
    assert await answer(DEMO_PASSWORD) == ("TOO_MANY_TRIES", "2026-11-23T05:01:30Z")
    for _ in range(12):
        clock.now += timedelta(minutes=15)
        assert (await answer("and again"))[0] == "WRONG_CREDENTIALS"
    clock.now += timedelta(minutes=15)
    right = None if login == "parent.ivanova" else "WRONG_CREDENTIALS"
    assert (await answer(DEMO_PASSWORD))[0] == right


async def test_the_right_password_ends_the_count(stranger: Api) -> None:
    for _ in range(3):
        for _ in range(4):
            await stranger.expect_code(SIGN_IN, login="parent.ivanova", password="wrong")
        assert (await sign_in(stranger, "parent.ivanova"))["accessToken"]


async def test_many_guesses_at_once_are_many_guesses(stranger: Api) -> None:
    asked = (
        stranger.expect_code(SIGN_IN, login="parent.ivanova", password=f"guess {n}")
        for n in range(20)
    )
    codes = await asyncio.gather(*asked)
    assert codes.count("WRONG_CREDENTIALS") == 5
    assert codes.count("TOO_MANY_TRIES") == 15


async def test_only_hashes_of_tokens_are_kept(stranger: Api, sql: AsyncConnection) -> None:
    done = await sign_in(stranger, "parent.ivanova")
    kept = str((await sql.execute(text("SELECT sessions::text FROM sessions"))).all())
    for token in (done["accessToken"], done["refreshToken"]):
        assert token not in kept
        assert token.partition(".")[2] not in kept


# -- tokens ---------------------------------------------------------------------------


async def test_an_access_token_runs_out(stranger: Api, clock: Clock) -> None:
    done = await sign_in(stranger, "parent.ivanova")
    mother = with_token(stranger, done["accessToken"])
    clock.now += timedelta(minutes=14, seconds=59)
    assert await get_code(mother) is None
    clock.now += timedelta(seconds=1)
    assert await get_code(mother) == "UNAUTHENTICATED"


async def test_a_token_is_good_for_no_other_school(api: SignIn) -> None:
    director = api("director")
    own, _, rest = (director.caller.token or "").partition(".")
    other = "2" if own == "1" else "1"
    assert await get_code(with_token(director, f"{other}.{rest}")) == "UNAUTHENTICATED"


@pytest.mark.parametrize("token", ["", "x", "1.short", f"0.{'a' * 43}", f"99.{'a' * 43}", "1.é"])
async def test_an_invalid_token_opens_nothing(stranger: Api, token: str) -> None:
    assert await get_code(with_token(stranger, token)) == "UNAUTHENTICATED"


async def test_a_refresh_token_gives_a_new_pair_and_is_spent(stranger: Api) -> None:
    first = await sign_in(stranger, "parent.ivanova")
    second = (await stranger(REFRESH, token=first["refreshToken"]))["refreshSession"]
    assert second["viewer"] == {"role": "PARENT"}
    assert await get_code(with_token(stranger, first["accessToken"])) == "UNAUTHENTICATED"
    assert await get_code(with_token(stranger, second["accessToken"])) is None


async def test_a_spent_refresh_token_ends_the_session(stranger: Api) -> None:
    """One of its two holders is a thief, and nobody knows which."""
    first = await sign_in(stranger, "parent.ivanova")
    second = (await stranger(REFRESH, token=first["refreshToken"]))["refreshSession"]
    assert await stranger.expect_code(REFRESH, token=first["refreshToken"]) == "SESSION_OVER"
    assert await get_code(with_token(stranger, second["accessToken"])) == "UNAUTHENTICATED"
    assert await stranger.expect_code(REFRESH, token=second["refreshToken"]) == "SESSION_OVER"


@pytest.mark.parametrize("which", range(4))
async def test_every_spent_refresh_token_of_a_session_is_recognized(
    stranger: Api, clock: Clock, which: int
) -> None:
    """Older ones count, too: a copy may be used long after it was made."""
    done = await sign_in(stranger, "parent.ivanova")
    spent = []
    for _ in range(4):
        spent.append(done["refreshToken"])
        clock.now += timedelta(days=1)
        done = (await stranger(REFRESH, token=done["refreshToken"]))["refreshSession"]
    other = await sign_in(stranger, "parent.ivanova")
    assert await stranger.expect_code(REFRESH, token=spent[which]) == "SESSION_OVER"
    assert await get_code(with_token(stranger, done["accessToken"])) == "UNAUTHENTICATED"
    assert await stranger.expect_code(REFRESH, token=done["refreshToken"]) == "SESSION_OVER"
    assert await get_code(with_token(stranger, other["accessToken"])) is None, (
        "another session goes on"
    )


async def test_spent_tokens_are_kept_as_long_as_they_could_have_been_used(
    stranger: Api, clock: Clock, sql: AsyncConnection
) -> None:
    kept = "SELECT count(*) FROM spent_refresh_tokens"
    done = await sign_in(stranger, "parent.ivanova")
    first = done["refreshToken"]
    for _ in range(5):
        clock.now += timedelta(days=20)
        done = (await stranger(REFRESH, token=done["refreshToken"]))["refreshSession"]
    assert await sql.scalar(text(kept)) == 2
    assert await stranger.expect_code(REFRESH, token=first) == "SESSION_OVER"
    assert await get_code(with_token(stranger, done["accessToken"])) is None
    clock.now += timedelta(days=31)
    await sign_in(stranger, "parent.ivanova")
    assert await sql.scalar(text(kept)) == 0


async def test_of_two_clients_that_refresh_at_once_one_ends_the_session(stranger: Api) -> None:
    first = await sign_in(stranger, "parent.ivanova")
    replies = await asyncio.gather(
        *(stranger.reply(REFRESH, token=first["refreshToken"]) for _ in range(2))
    )
    payloads = [(reply.data or {})["refreshSession"] for reply in replies]
    given = [p["accessToken"] for p in payloads if not p["userErrors"]]
    assert len(given) < 2  # none, if the session ended before the first client had its answer
    for won in given:
        assert await get_code(with_token(stranger, won)) == "UNAUTHENTICATED"


async def test_a_refresh_token_runs_out(stranger: Api, clock: Clock) -> None:
    done = await sign_in(stranger, "parent.ivanova")
    clock.now += timedelta(days=30)
    assert await stranger.expect_code(REFRESH, token=done["refreshToken"]) == "SESSION_OVER"
    assert await stranger.expect_code(REFRESH, token=done["accessToken"]) == "SESSION_OVER"
    assert await stranger.expect_code(REFRESH, token="garbage") == "SESSION_OVER"


async def test_signing_out_ends_this_session_and_no_other(stranger: Api) -> None:
    phone, desk = [await sign_in(stranger, "parent.ivanova") for _ in range(2)]
    done = await with_token(stranger, phone["accessToken"])(SIGN_OUT)
    assert done["signOut"]["signedOut"] is True
    assert await get_code(with_token(stranger, phone["accessToken"])) == "UNAUTHENTICATED"
    assert await stranger.expect_code(REFRESH, token=phone["refreshToken"]) == "SESSION_OVER"
    assert await get_code(with_token(stranger, desk["accessToken"])) is None


async def test_nothing_follows_signing_out_in_the_same_document(api: SignIn) -> None:
    document = """mutation {
        signOut { signedOut }
        switchContext(input: {role: PARENT}) { accessToken }
    }"""
    reply = await api("parent.ivanova").reply(document)
    assert (reply.data or {})["switchContext"] is None
    assert [(error.extensions or {})["code"] for error in reply.errors or []] == ["UNAUTHENTICATED"]


# -- contexts -------------------------------------------------------------------------


async def test_a_teacher_goes_on_as_a_mother_and_back(stranger: Api) -> None:
    teaching = await sign_in(stranger, "teacher.orlova")
    mother = (await with_token(stranger, teaching["accessToken"])(SWITCH, role="PARENT"))[
        "switchContext"
    ]
    assert mother["viewer"]["role"] == "PARENT"
    assert await get_code(with_token(stranger, teaching["accessToken"])) == "UNAUTHENTICATED"
    again = await with_token(stranger, mother["accessToken"])(SWITCH, role="SUBJECT_TEACHER")
    assert again["switchContext"]["viewer"]["role"] == "SUBJECT_TEACHER"


async def test_a_mother_goes_on_in_her_other_school(stranger: Api, template: Template) -> None:
    schools = [f"School:{n}-{n}" for _, n in template.roles["parent.morozova"]]
    here = await sign_in(stranger, "parent.morozova", school=schools[0])
    assert here["viewer"]["school"]["id"] == schools[0]
    mother = with_token(stranger, here["accessToken"])
    there = (await mother(SWITCH, role="PARENT", school=schools[1]))["switchContext"]
    assert there["viewer"]["school"]["id"] == schools[1]
    assert await get_code(mother) == "UNAUTHENTICATED"


async def test_nobody_goes_on_in_a_role_or_school_that_is_not_theirs(api: SignIn) -> None:
    mother = api("parent.ivanova")
    assert await mother.expect_code(SWITCH, role="SUBJECT_TEACHER") == "NOTHING_TO_DO_HERE"
    for school in ("School:2-2", "School:9-9"):
        refused = await mother.expect_code(SWITCH, role="PARENT", school=school)
        assert refused == "NOTHING_TO_DO_HERE"
    assert await get_code(mother) is None, "she stays where she was"


async def test_one_session_is_switched_to_one_session(stranger: Api) -> None:
    """Two clients switch the context of the same session at once: one succeeds."""
    done = await sign_in(stranger, "teacher.orlova")
    mother = with_token(stranger, done["accessToken"])
    replies = await asyncio.gather(*(mother.reply(SWITCH, role="PARENT") for _ in range(2)))
    assert len([reply for reply in replies if not reply.errors]) == 1


# -- ends -----------------------------------------------------------------------------


async def test_a_dismissed_teacher_is_out_at_once(api: SignIn, stranger: Api) -> None:
    staff = (await api("hr")("{ staff(first: 100) { nodes { id fullName version } } }"))["staff"]
    [gusev] = [one for one in staff["nodes"] if one["fullName"] == "Гусев Алексей Павлович"]
    before = await sign_in(stranger, "teacher.gusev")
    teacher = with_token(stranger, before["accessToken"])
    await api("hr")(
        """mutation ($id: ID!, $version: Int!) { dismissStaff(input: {staffId: $id,
            expectedVersion: $version, dismissedOn: "2026-11-23"}) { userErrors { code } } }""",
        id=gusev["id"],
        version=gusev["version"],
    )
    assert await get_code(teacher) == "UNAUTHENTICATED"
    given = {"login": "teacher.gusev", "password": DEMO_PASSWORD}
    assert await stranger.expect_code(SIGN_IN, **given) == "NOTHING_TO_DO_HERE"
    assert await stranger.expect_code(REFRESH, token=before["refreshToken"]) == "SESSION_OVER"


async def test_a_role_that_ends_by_its_date_ends_with_the_day(
    api: SignIn, sql: AsyncConnection, clock: Clock
) -> None:
    """The day is that of the school's time zone: midnight in Barnaul is 17:00 in UTC."""
    await sql.execute(
        text("UPDATE role_grants SET valid_to = '2026-11-24' WHERE role = 'DEPUTY_DIRECTOR'")
    )
    deputy = api("zavuch", Role.DEPUTY_DIRECTOR)
    clock.now = clock.now.replace(hour=16, minute=59)
    assert await get_code(deputy) is None
    clock.now = clock.now.replace(hour=17, minute=0)
    assert await get_code(deputy) == "UNAUTHENTICATED"


async def test_a_teacher_by_appointment_alone_works_as_one(
    stranger: Api, api: SignIn, sql: AsyncConnection
) -> None:
    """Nobody gave the role: the teacher of a section has it. An import appoints teachers in this
    way."""
    await sql.execute(text("DELETE FROM sessions"))
    await sql.execute(text("DELETE FROM role_grants WHERE role = 'SUBJECT_TEACHER'"))
    done = await sign_in(stranger, "teacher.gusev")
    assert done["viewer"]["role"] == "SUBJECT_TEACHER"
    taught = await with_token(stranger, done["accessToken"])(MARKS)
    assert taught["students"]["totalCount"] > 0
    await sql.execute(text("UPDATE teaching_assignments SET valid_to = '2026-11-01'"))
    refused = await stranger.expect_code(SIGN_IN, login="teacher.gusev", password=DEMO_PASSWORD)
    assert refused == "NOTHING_TO_DO_HERE"
