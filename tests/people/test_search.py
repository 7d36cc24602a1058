"""People are found however their name is typed, and only where they may be seen."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.access.roles import Role
from models.people.names import fold
from tests.conftest import SignIn

STUDENTS = """query ($t: String!) { students(filter: {fullName: {contains: $t}}, first: 100) {
    nodes { fullName } totalCount } }"""
MASHA = "Иванова Мария Петровна"


def list_names(answer: dict[str, Any]) -> list[str]:
    [found] = answer.values()
    return [one["fullName"] for one in found["nodes"]]


@pytest.mark.parametrize(
    "typed",
    [
        "Мария Иванова",
        "Петровна Мария Иванова",
        "  иванова    мария ",
        "ИВАНОВА МАРИЯ",
        "Иванова\u00a0Мария",
        "ива мар пет",
        "Мapия Иванoва",  # a, p and o are Latin
        "Ивано\u0301ва Мария",
        "Иванова, Мария",
        "мария-иванова",
    ],
)
async def test_masha_is_found_however_she_is_typed(api: SignIn, typed: str) -> None:
    assert MASHA in list_names(await api("director")(STUDENTS, t=typed))


@pytest.mark.parametrize("typed", ["Мария Сидорова", "ванова", "Марий Иванова", "!!", "%", "_"])
async def test_who_has_another_name_is_not_found(api: SignIn, typed: str) -> None:
    assert MASHA not in list_names(await api("director")(STUDENTS, t=typed))


async def test_blanks_alone_look_for_nothing(api: SignIn) -> None:
    everyone = await api("director")("{ students(first: 100) { totalCount } }")
    found = await api("director")(STUDENTS, t="  ")
    assert found["students"]["totalCount"] == everyone["students"]["totalCount"] > 0


@pytest.mark.parametrize(
    ("family_name", "given_name", "typed"),
    [
        ("О’Коннор", "Шейла", "о'коннор"),
        ("О’Коннор", "Шейла", "ОКоннор"),
        ("Салтыков‑Щедрин", "Михаил", "щедрин михаил"),
        ("Салтыков-Щедрин", "Михаил", "Салтыков – Щедрин"),
        ("Салтыков-Щедрин", "Михаил", "салтыков щедрин"),
        ("Семёнов", "Артём", "Семенов Артем"),
        ("Семенов", "Артем", "артём семёнов"),
        ("Йовович", "Анна-Мария", "мария йовович"),
        ("Д`Артаньян", "Шарль", "дартаньян"),
        ("Фон Дер Остен Сакен Берг Штейн", "Отто", "отто сакен"),
        ("Фон Дер Остен Сакен Берг Штейн", "Отто", "отто"),
    ],
)
async def test_spellings_of_a_name_are_one(
    api: SignIn, sql: AsyncConnection, family_name: str, given_name: str, typed: str
) -> None:
    pupil = await sql.scalar(text("SELECT person_id FROM students WHERE id = 1"))
    renamed = (
        "UPDATE persons SET family_name = :f, given_name = :g WHERE id = :id RETURNING full_name"
    )
    person = await sql.scalar(text(renamed), {"f": family_name, "g": given_name, "id": pupil})
    assert list_names(await api("director")(STUDENTS, t=typed)) == [person]


async def test_a_given_name_is_no_family_name(api: SignIn) -> None:
    of_family = """query ($t: String!) { students(filter: {familyName: {contains: $t}}) {
        nodes { fullName } } }"""
    assert MASHA in list_names(await api("director")(of_family, t="иван"))
    assert MASHA not in list_names(await api("director")(of_family, t="мария"))


async def test_a_mother_finds_only_who_she_may_see(api: SignIn) -> None:
    every = await api("director")(STUDENTS, t="а")
    assert len(list_names(every)) > 1
    seen = await api("parent.ivanova")("{ students(first: 100) { nodes { fullName } } }")
    found = await api("parent.ivanova")(STUDENTS, t="а")
    assert set(list_names(found)) <= set(list_names(seen))


async def test_every_list_of_people_is_searched_alike(api: SignIn) -> None:
    lists = {
        "staff": ("director", "fullName"),
        "guardians": ("director", "fullName"),
        "accounts": ("admin", "fullName"),
        "roleGrants": ("admin", "fullName"),
    }
    for name, (login, field) in lists.items():
        who = api(login)
        [first] = (await who(f"{{ {name}(first: 1) {{ nodes {{ {field} }} }} }}"))[name]["nodes"]
        turned = "  ".join(reversed(first[field].upper().replace("Ё", "Е").split()))
        asked = f"""query ($t: String!) {{ {name}(filter: {{{field}: {{contains: $t}}}}) {{
            nodes {{ {field} }} }} }}"""
        found = (await who(asked, t=turned))[name]["nodes"]
        assert first in found, name
    asked = "query ($t: String!) { mailRecipients(search: $t) { nodes { fullName } } }"
    teacher = api("teacher.belova", Role.CLASS_TEACHER)
    assert list_names(await teacher(asked, t="алексей гусев")) == list_names(
        await teacher(asked, t="Гусев  Алексей")
    )
    assert list_names(await teacher(asked, t="алексей гусев"))


async def test_other_names_are_found_however_they_are_typed(api: SignIn) -> None:
    asked = """query ($t: String!) { sections(filter: {name: {contains: $t}}) {
        nodes { fullName: name } } }"""
    for typed in ("7А  Алгебра", "7a алгебра", "7А, алгебра"):
        assert list_names(await api("director")(asked, t=typed)) == ["7А Алгебра"], typed
    assert list_names(await api("director")(asked, t="%")) == []


TYPED = (
    "  О’Коннор-Семёнова   АННА‑Мария́ ",
    "Йодль é Mapия ﬁ №5",
    "´о`к'",
    "!! _ % \\",
    "",
    "İstanbul ЇЎ ґ",
    "Ｆｕｌｌ　Ｗｉｄｔｈ",
    "е\u0308ж и\u0306",
    "ʼapostrophe‘s «Ёлка» 𝐀𝐁",
    "a\u200bb\u00adc",
    "ǅ ß ſ",
)


async def test_a_search_of_the_longest_words_is_answered(api: SignIn) -> None:
    """Signs that are many letters when folded, too."""
    for typed in ("ы" * 200, "\ufdfa" * 200, "ы " * 100):
        assert list_names(await api("director")(STUDENTS, t=typed)) == []


async def test_python_and_the_database_fold_alike(sql: AsyncConnection) -> None:
    """Also what a column of collation C holds, which knows no case of Cyrillic."""
    found = text('SELECT folded(t), folded(t COLLATE "C") FROM unnest(CAST(:t AS text[])) AS t')
    lines = (await sql.execute(found, {"t": list(TYPED)})).all()
    assert [tuple(line) for line in lines] == [(fold(one),) * 2 for one in TYPED]
    people = await sql.execute(text("SELECT full_name, folded(full_name) FROM persons"))
    assert [line for line in people if fold(line[0]) != line[1]] == []
