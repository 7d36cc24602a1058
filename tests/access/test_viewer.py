"""The viewer: a person, their roles, and their children."""

import asyncio

from models.access.roles import Role
from tests.conftest import Api, SignIn, Template

VIEWER = "{ viewer { role fullName shortName rights school { shortName } student { fullName } } }"
CHILDREN = """{ viewer { children { id fullName className school { id name timeZone } } } }"""
CONTEXTS = "{ viewer { contexts { role schoolName schoolId roleGrantId isCurrent } } }"


async def test_a_stranger_is_nobody(stranger: Api) -> None:
    assert await stranger(VIEWER) == {"viewer": None}


async def test_people_see_who_they_are(api: SignIn) -> None:
    viewer = (await api("student.ivanova")(VIEWER))["viewer"]
    assert viewer["role"] == "STUDENT"
    assert viewer["fullName"] == "Иванова Мария Петровна"
    assert viewer["shortName"] == "Иванова М. П."
    assert viewer["student"] == {"fullName": "Иванова Мария Петровна"}
    assert "marks:read" in viewer["rights"]


async def test_a_mother_sees_her_children(api: SignIn) -> None:
    children = (await api("parent.ivanova")(CHILDREN))["viewer"]["children"]
    assert [(c["fullName"], c["className"]) for c in children] == [
        ("Иванова Мария Петровна", "7А"),
        ("Иванов Павел Петрович", "3А"),
    ]


async def test_a_mother_sees_her_children_of_two_schools_each_in_theirs(api: SignIn) -> None:
    children = (await api("parent.morozova")(CHILDREN))["viewer"]["children"]
    found = {c["fullName"]: (c["className"], c["school"]["timeZone"]) for c in children}
    assert found == {
        "Морозов Артём Денисович": ("5А", "Asia/Barnaul"),
        "Морозова Алиса Денисовна": ("2А", "Europe/Moscow"),
    }
    assert len({c["school"]["id"] for c in children}) == 2


async def test_a_mother_sees_the_same_from_either_school(api: SignIn, template: Template) -> None:
    schools = {school for _, school in template.roles["parent.morozova"]}
    answers = [await api("parent.morozova", school=school)(CHILDREN) for school in schools]
    assert len(answers) == 2
    assert answers[0] == answers[1]


async def test_a_teacher_who_is_a_mother_has_children_only_as_a_mother(api: SignIn) -> None:
    teaching = api("teacher.orlova", Role.SUBJECT_TEACHER)
    assert (await teaching(CHILDREN))["viewer"]["children"] == []
    [child] = (await api("teacher.orlova", Role.PARENT)(CHILDREN))["viewer"]["children"]
    assert child["fullName"] == "Орлов Кирилл Максимович"


async def test_a_mother_without_rights_has_no_child_here(api: SignIn) -> None:
    assert (await api("parent.lebedeva")(CHILDREN))["viewer"]["children"] == []


async def test_a_child_of_age_is_no_longer_shown(api: SignIn) -> None:
    assert (await api("parent.fyodorova")(CHILDREN))["viewer"]["children"] == []


async def test_all_roles_are_shown_and_the_present_one_is_marked(api: SignIn) -> None:
    contexts = (await api("teacher.orlova", Role.PARENT)(CONTEXTS))["viewer"]["contexts"]
    assert [(c["role"], c["isCurrent"]) for c in contexts] == [
        ("CLASS_TEACHER", False),
        ("SUBJECT_TEACHER", False),
        ("PARENT", True),
    ]
    assert [c["roleGrantId"] is not None for c in contexts] == [False, True, False]


async def test_many_at_once_do_not_wait_for_each_others_connections(api: SignIn) -> None:
    """A read of a second school uses the connection that the person has."""
    asked = [api("parent.morozova")(CHILDREN) for _ in range(40)]
    answers = await asyncio.wait_for(asyncio.gather(*asked), 60)
    assert len({str(answer) for answer in answers}) == 1
