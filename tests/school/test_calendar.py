"""The calendar as everyone in the school reads it: years, terms, holidays and bells."""

from itertools import pairwise
from typing import Any

from tests.conftest import Api, SignIn

YEARS = "{ academicYears { id name status startsOn endsOn terms { name termType { code } } } }"
TERMS = """query ($year: ID) { terms(academicYearId: $year) {
  name startsOn endsOn status termType { code } viewerCan { close } } }"""
HOLIDAYS = "{ holidaySets { name holidays { name startsOn endsOn } } }"
BELLS = "{ bellSchedules { name shift periods { ordinal startsAt endsAt } } }"


async def test_the_year_that_runs_and_its_terms(api: SignIn) -> None:
    [year] = (await api("parent.ivanova")(YEARS))["academicYears"]
    assert (year["name"], year["status"]) == ("2026/2027", "CURRENT")
    codes = [term["termType"]["code"] for term in year["terms"]]
    assert (codes.count("QUARTER"), codes.count("HALF_YEAR")) == (4, 2)


async def test_terms_of_one_type_come_in_order_and_do_not_overlap(api: SignIn) -> None:
    terms = (await api("teacher.gusev")(TERMS, year="AcademicYear:1-1"))["terms"]
    assert len(terms) == 6
    assert [term["startsOn"] for term in terms] == sorted(term["startsOn"] for term in terms)
    quarters = [term for term in terms if term["termType"]["code"] == "QUARTER"]
    assert [term["name"][0] for term in quarters] == ["1", "2", "3", "4"]
    assert all(one["endsOn"] < next_one["startsOn"] for one, next_one in pairwise(quarters))
    assert [term["status"] for term in quarters] == ["CLOSED", "OPEN", "OPEN", "OPEN"]


async def test_only_those_who_close_terms_are_offered_it(api: SignIn) -> None:
    async def find_offered(login: str) -> set[bool]:
        terms = (await api(login)(TERMS))["terms"]
        return {term["viewerCan"]["close"] for term in terms}

    assert await find_offered("zavuch") == {True}
    assert await find_offered("teacher.gusev") == {False}


async def test_terms_of_a_year_of_another_school_are_none(api: SignIn) -> None:
    director = api("director")
    assert (await director(TERMS, year="AcademicYear:2-2"))["terms"] == []
    assert (await director(TERMS, year="AcademicYear:1-999"))["terms"] == []
    refusal = await director.expect_refusal(TERMS, year="Term:1-1")
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", ["academicYearId"])


async def test_first_graders_have_holidays_of_their_own(api: SignIn) -> None:
    sets = (await api("student.ivanova")(HOLIDAYS))["holidaySets"]
    named: dict[str, list[Any]] = {
        one["name"]: [holiday["name"] for holiday in one["holidays"]] for one in sets
    }
    assert len(named) == 2
    assert [("Дополнительные каникулы" in names) for names in named.values()] == [False, True]


async def test_bells_ring_in_order(api: SignIn) -> None:
    for schedule in (await api("hr")(BELLS))["bellSchedules"]:
        periods = schedule["periods"]
        assert [period["ordinal"] for period in periods] == list(range(1, len(periods) + 1))
        assert all(one["startsAt"] < one["endsAt"] for one in periods)
        assert all(one["endsAt"] <= after["startsAt"] for one, after in pairwise(periods))


async def test_a_stranger_learns_nothing(stranger: Api) -> None:
    for document in (YEARS, TERMS, HOLIDAYS, BELLS):
        assert await stranger.expect_code(document) == "UNAUTHENTICATED"
