"""An imported school answers as any other does, in whatever dialect its set was written."""

from datetime import date
from typing import Any

import pytest

from resolvers.exchange.oneroster import read
from resolvers.exchange.oneroster.vocabulary import Dialect
from tests.exchange.imported import Import, get_school, sum_counts
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


def index_by_name(nodes: list[dict[str, Any]], name: str = "fullName") -> dict[str, dict[str, Any]]:
    return {node.pop(name): node for node in nodes}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_gymnasium_answers_whatever_dialect_it_came_in(
    importer: Import, dialect: str
) -> None:
    school = get_school(await importer.apply(read(FIXTURES / dialect)))
    seen = await (await importer.sign_in_director(school))(SCHOOL)

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
    algebra = index_by_name(seen["sections"]["nodes"], "name")["Алгебра 7А"]
    assert (algebra["subject"]["name"], algebra["schoolClass"]["name"]) == ("Алгебра", "7А")
    assert algebra["teacher"]["person"]["fullName"] == "Смирнова Ольга Ивановна"
    students = index_by_name(seen["students"]["nodes"])
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
    importer: Import, name: str, day: date, student: str, section: str, teacher: str
) -> None:
    importer = importer.move_to(day)
    roster = read(REAL / name)
    school = get_school(await importer.apply(roster))
    seen = await (await importer.sign_in_director(school))(SCHOOL)

    students = index_by_name(seen["students"]["nodes"])
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
    assert sum_counts(await importer.apply(roster)).changed == 0
