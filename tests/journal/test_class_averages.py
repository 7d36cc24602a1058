"""A class at a glance."""

from decimal import Decimal
from typing import Any

from tests.conftest import Api, SignIn

CLASS, TERM = "SchoolClass:1-7", "Term:1-2"
AVERAGES = """query ($class: ID!, $term: ID!) {
    classAverages(schoolClassId: $class, termId: $term) { schoolClass { name } term { name }
    rows { studentId fullName averages { subject { name } section { id } weightedAverage
    markCount } } } }"""
SHEET = """query ($section: ID!, $term: ID!) { termMarkSheet(sectionId: $section, termId: $term) {
    rows { studentId weightedAverage markCount } } }"""


async def of_class(api: Api, **given: Any) -> Any:
    [found] = (await api("{ classes { nodes { id name } } }"))["classes"]["nodes"][:1]
    asked = {"class": found["id"], "term": TERM} | given
    return (await api(AVERAGES, **asked))["classAverages"]


async def test_a_deputy_sees_of_each_student_what_the_sheets_say(api: SignIn) -> None:
    deputy = api("zavuch")
    found = await of_class(deputy)
    names = [row["fullName"] for row in found["rows"]]
    assert len(names) > 3
    assert [row["averages"] for row in found["rows"] if not row["averages"]] == []
    [row, *_] = found["rows"]
    for one in row["averages"]:
        sheet = await deputy(SHEET, section=one["section"]["id"], term=TERM)
        [same] = [r for r in sheet["termMarkSheet"]["rows"] if r["studentId"] == row["studentId"]]
        assert same["weightedAverage"] == one["weightedAverage"]
        assert same["markCount"] == one["markCount"]
    marked = [one for one in row["averages"] if one["weightedAverage"] is not None]
    assert all(Decimal(2) <= Decimal(one["weightedAverage"]) <= Decimal(5) for one in marked)


async def test_a_subject_teacher_sees_no_marks_of_other_subjects(api: SignIn) -> None:
    mine = {row["name"] for row in (await api("teacher.gusev")("{ sections { nodes { name } } }"))[
        "sections"]["nodes"]}  # fmt: skip
    found = await of_class(api("teacher.gusev"))
    told = [one for row in found["rows"] for one in row["averages"] if one["markCount"]]
    assert len({one["section"]["id"] for one in told}) <= len(mine)


async def test_it_costs_the_same_for_any_number_of_students(api: SignIn, statements: Any) -> None:
    deputy = api("zavuch")
    with statements() as sql:
        await of_class(deputy)
    assert len(sql) <= 16


async def test_a_stranger_and_another_school_see_nothing(api: SignIn) -> None:
    assert await of_class(api("zavuch"), **{"class": "SchoolClass:2-1"}) is None
