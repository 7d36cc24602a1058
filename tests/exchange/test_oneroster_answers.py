"""A set taken in answers in the product as any school does, in whatever dialect it came."""

from datetime import date
from typing import Any

import pytest

from resolvers.exchange.oneroster import read
from resolvers.exchange.oneroster.vocabulary import Dialect
from tests.exchange.imported import Import, only_school, totals
from tests.exchange.rosters import DIALECTS, FIXTURES, REAL, real

SCHOOL = """{
  school { shortName }
  academicYears { name startsOn endsOn status }
  terms { name ordinal startsOn termType { code } }
  classes { nodes { name classTeacher { person { fullName } } members { fullName } } }
  sections { nodes {
    name subject { name } schoolClass { name } isSubgroup
    teacher { person { fullName } } members { fullName }
  } }
  students { nodes {
    fullName birthDate sex personalFileNo admittedOn schoolClass { name }
    enrollments { entryDate exitDate }
    guardianLinks { relation mayReceiveInfo guardian { fullName } }
  } }
  staff { nodes { position person { fullName } } }
}"""


def by_name(nodes: list[dict[str, Any]], name: str = "fullName") -> dict[str, dict[str, Any]]:
    return {node.pop(name): node for node in nodes}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_gymnasium_answers_whatever_dialect_it_came_in(
    taking: Import, dialect: str
) -> None:
    school = only_school(await taking.apply(read(FIXTURES / dialect)))
    seen = await (await taking.director(school))(SCHOOL)

    assert seen["school"]["shortName"] == "МБОУ «Гимназия № 1»"
    assert [year["name"] for year in seen["academicYears"]] == ["2025/2026"]
    assert seen["academicYears"][0]["status"] == "CURRENT"
    terms = [(it["name"], it["ordinal"], it["termType"]["code"]) for it in seen["terms"]]
    assert terms == [("I четверть", 1, "QUARTER"), ("II четверть", 2, "QUARTER")]
    [seventh] = seen["classes"]["nodes"]
    assert seventh["name"] == "7А"
    assert seventh["classTeacher"]["person"]["fullName"] == "Смирнова Ольга Ивановна"
    names = ["Петрова Мария Сергеевна", "Соколов Пётр"]
    assert [it["fullName"] for it in seventh["members"]] == names
    algebra = by_name(seen["sections"]["nodes"], "name")["Алгебра 7А"]
    assert (algebra["subject"]["name"], algebra["schoolClass"]["name"]) == ("Алгебра", "7А")
    assert algebra["teacher"]["person"]["fullName"] == "Смирнова Ольга Ивановна"
    students = by_name(seen["students"]["nodes"])
    masha = students["Петрова Мария Сергеевна"]
    assert (masha["birthDate"], masha["sex"], masha["schoolClass"]["name"]) == (
        "2012-03-14",
        "FEMALE",
        "7А",
    )
    [link] = masha["guardianLinks"]
    assert (link["relation"], link["guardian"]["fullName"]) == ("MOTHER", "Петрова Анна Юрьевна")
    [link] = students["Соколов Пётр"]["guardianLinks"]
    assert (link["relation"], link["mayReceiveInfo"]) == ("GUARDIAN", True)
    assert masha["enrollments"][0]["exitDate"] is None
    staff = {it["person"]["fullName"]: it["position"] for it in seen["staff"]["nodes"]}
    assert staff == {"Громова Елена Викторовна": "Директор", "Смирнова Ольга Ивановна": "Учитель"}


@real
@pytest.mark.parametrize(
    ("name", "day", "student", "section", "teacher"),
    [
        ("v1p1_full.zip", date(2022, 4, 1), "Jones mmichel Jane", "Introduction to Physics",
         "Doe John Michael"),
        ("v1p2_full.zip", date(2022, 4, 1), "Jones mmichel Jane", "Introduction to Physics",
         "Doe John Michael"),
        ("sds_v2p1", date(2021, 10, 1), "Craig Jack", "Biology 10", "Fein Kristen"),
    ],
)  # fmt: skip
async def test_a_real_set_answers(
    taking: Import, name: str, day: date, student: str, section: str, teacher: str
) -> None:
    taking = taking.on(day)
    roster = read(REAL / name)
    school = only_school(await taking.apply(roster))
    seen = await (await taking.director(school))(SCHOOL)

    students = by_name(seen["students"]["nodes"])
    assert len(students) == 3
    [entry] = students[student]["enrollments"]
    assert date.fromisoformat(entry["entryDate"]) <= day
    [taught] = seen["sections"]["nodes"]
    assert taught["name"] == section
    assert taught["teacher"]["person"]["fullName"] == teacher
    assert student in [it["fullName"] for it in taught["members"]]
    if roster.dialect is Dialect.SDS_2_1:
        told = {name: [link["mayReceiveInfo"] for link in it["guardianLinks"]]
                for name, it in students.items()}  # fmt: skip
        assert told == {"Craig Jack": [True], "Hutch Fred": [False], "Smithee Alice": [True]}
    assert totals(await taking.apply(roster)).changed == 0
