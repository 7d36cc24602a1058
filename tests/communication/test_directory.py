"""The directory: the people one may write to."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from tests.communication.conftest import Ids
from tests.communication.post import (
    DIRECTOR,
    MOTHER,
    TEACHER,
    names,
)
from tests.conftest import SignIn

IVANOVA, BELOVA = "Иванова Ольга Сергеевна", "Белова Наталья Ивановна"
GUSEV, KLIMOVA = "Гусев Алексей Павлович", "Климова Дарья Андреевна"
PSYCHOLOGIST, HEAD = "Тихонова Анна Владимировна", "Воронцова Елена Викторовна"
OTHER_MOTHER, MASHA = "Соколова Татьяна Игоревна", "Иванова Мария Петровна"
MUNICIPAL = "Крылов Андрей Михайлович"


@pytest.mark.parametrize(
    ("who", "offered", "withheld"),
    [
        ((MOTHER,), {BELOVA, HEAD, PSYCHOLOGIST, "Рябов Денис Олегович"},
         {OTHER_MOTHER, MASHA, IVANOVA, "Макарова Лариса Леонидовна", MUNICIPAL}),
        (("student.ivanova",), {BELOVA, HEAD, PSYCHOLOGIST},
         {"Соколов Егор Дмитриевич", IVANOVA, "Макарова Лариса Леонидовна"}),
        (("teacher.gusev",), {BELOVA, KLIMOVA, HEAD}, {GUSEV, "Кузнецова Мария Викторовна"}),
        (TEACHER, {IVANOVA, OTHER_MOTHER, MASHA, GUSEV, "Соколов Дмитрий Олегович"},
         {"Кузнецова Мария Викторовна", "Лебедева Оксана Юрьевна", BELOVA}),
        (("hr",), {BELOVA, GUSEV, HEAD}, {IVANOVA, MASHA}),
        (("municipal",), {HEAD, "Ильина Светлана Юрьевна"}, {BELOVA, IVANOVA, MASHA}),
        ((DIRECTOR,), {BELOVA, IVANOVA, MASHA, MUNICIPAL, "Кузьмина Галина Фёдоровна"},
         {HEAD, "Лебедева Оксана Юрьевна", "Фёдорова Наталья Борисовна",
          "Тарасов Глеб Антонович"}),
        (("teacher.orlova", Role.PARENT), {"Воронова Надежда Яковлевна", HEAD},
         {IVANOVA, MASHA, "Носова Дарья Леонидовна"}),
    ],
)  # fmt: skip
async def test_the_directory_offers_whom_one_may_write_to(
    api: SignIn, who: Any, offered: set[str], withheld: set[str]
) -> None:
    found: set[str] = set()
    for letter in "авеиорк":
        found |= set(await names(api(*who), letter))
    assert offered - found == set()
    assert withheld & found == set()


async def test_who_cannot_sign_in_is_not_offered(
    api: SignIn, ids: Ids, sql: AsyncConnection
) -> None:
    assert BELOVA in await names(api(MOTHER))
    key = await ids.person_key("teacher.belova")
    lock = f"UPDATE accounts SET status = 'LOCKED' WHERE school_id = 1 AND person_id = {key}"
    await sql.execute(text(lock))
    assert BELOVA not in await names(api(MOTHER))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("семёнова в", ["Семёнова Варвара Юрьевна"]),
        ("СЕМЕНОВ Ю", ["Семёнов Юрий Леонидович", "Семёнова Варвара Юрьевна"]),
        (" ван ив", []),
        ("Иванова О", [IVANOVA]),
        ("%", []),
        ("_", []),
        ("\\", []),
    ],
)
async def test_one_finds_people_by_a_part_of_the_name(
    api: SignIn, search: str, found: list[str]
) -> None:
    assert await names(api(*TEACHER), search) == found


async def test_the_directory_is_in_russian_order_page_by_page(api: SignIn) -> None:
    document = """query ($after: String) { mailRecipients(first: 40, after: $after) {
      nodes { fullName } pageInfo { endCursor hasNextPage } totalCount } }"""
    found: list[str] = []
    page: Any = {"pageInfo": {"endCursor": None, "hasNextPage": True}}
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = (await api(DIRECTOR)(document, after=after))["mailRecipients"]
        found += [person["fullName"] for person in page["nodes"]]
    assert len(found) == page["totalCount"] > 150
    assert found == sorted(found, key=lambda name: name.lower().replace("ё", "е"))
