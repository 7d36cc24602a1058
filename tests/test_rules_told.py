"""Every rule has a code of its own, and a message that says what to do."""

import re
from collections import Counter
from enum import Enum
from typing import Any

import pytest
from sqlalchemy import CheckConstraint

from models.base import Record
from models.limits import INTERNAL, MEANS, limits_of, name_in_database
from models.problems import Conflict, Problem, Validation
from resolvers.core.refusals import Refusals
from tests.conftest import Api, SignIn
from tests.test_house_rules import COMMANDS, descendants, name_of

TABLES = Record.metadata.sorted_tables
SETTLED = {name for command in COMMANDS for name in getattr(command, "settles", ())}
"""Constraints that a command itself says the meaning of."""


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_every_limit_of_a_table_says_what_it_means_to_people(table: Any) -> None:
    """Or that no client can break it. `models.limits` has the words to say it with."""
    silent = [
        name_in_database(limit)
        for limit in limits_of(table)
        if MEANS not in limit.info and INTERNAL not in limit.info
        and name_in_database(limit) not in SETTLED
    ]  # fmt: skip
    assert not silent


def test_no_declared_limit_is_answered_with_the_code_that_says_nothing() -> None:
    declared = [
        limit.info[MEANS] for table in TABLES for limit in limits_of(table) if MEANS in limit.info
    ]
    assert len(declared) > 200
    assert not [one for one in declared if one.problem in (Validation, Problem)]
    of_races = [one.field for one in declared if one.problem is Conflict]
    assert len(of_races) < 10, "CONFLICT is for two who write at once"


class Refused(Exception):
    """As the driver tells it."""

    def __init__(self, limit: Any) -> None:
        super().__init__()
        self.constraint_name = name_in_database(limit)
        self.sqlstate = "23514" if isinstance(limit, CheckConstraint) else "23505"


@pytest.mark.parametrize("table", TABLES, ids=name_of)
def test_what_the_database_refuses_is_told_as_declared(table: Any) -> None:
    for limit in limits_of(table):
        told = Refusals({}).problem(Refused(limit), {})
        if MEANS in limit.info:
            assert told is not None
            assert (type(told), told.field) == (limit.info[MEANS].problem, limit.info[MEANS].field)
            assert not re.search(r"[{}`]most|[{}`]least", told.describe("en")), "the limit itself"
        else:
            assert told is None, "a bug is not told as the user's mistake"


@pytest.mark.parametrize("problem", descendants(Problem), ids=name_of)
def test_a_message_has_the_same_places_in_both_languages(problem: type[Problem]) -> None:
    places = [set(re.findall(r"{\w+}", problem.template(language))) for language in ("en", "ru")]
    assert places[0] == places[1]


CREATE_CLASS = """mutation ($input: CreateClassInput!) {
  createClass(input: $input) { userErrors { code field message most } } }"""
CLASS = {"academicYearId": "AcademicYear:1-1", "gradeLevel": 7, "letter": "А",
         "termTypeId": "TermType:1-1"}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code", "field", "says"),
    [
        ({}, "CLASS_EXISTS", "letter", "choose another letter"),
        ({"letter": "В" * 16}, "TOO_LONG", "letter", "at most 15 characters"),
        ({"letter": " "}, "BLANK", "letter", "write something"),
        ({"letter": "Я", "gradeLevel": 13}, "OUT_OF_RANGE", "gradeLevel", "from 0 to 12"),
        ({"letter": "Я", "shift": 4}, "OUT_OF_RANGE", "shift", "from 1 to 3"),
    ],
)
async def test_the_message_alone_tells_what_to_do(
    api: SignIn, wrong: dict[str, Any], code: str, field: str, says: str
) -> None:
    refused = await api("zavuch").expect_refusal(CREATE_CLASS, input=CLASS | wrong)
    assert (refused["code"], refused["field"]) == (code, [field])
    assert says in refused["message"]


async def test_it_tells_it_in_russian_too(api: SignIn) -> None:
    zavuch: Api = api("zavuch")
    zavuch.caller.language = "ru"
    refused = await zavuch.expect_refusal(CREATE_CLASS, input=CLASS | {"letter": "В" * 16})
    assert refused["message"] == "Текст слишком длинный; напишите не больше 15 символов."
    assert refused["most"] == 15


def test_each_command_has_one_enum_of_codes() -> None:
    """The schema shows one enum of a name; codes of a second one could not be answered."""
    made = Counter(
        name_of(one) for one in Enum.__subclasses__() if name_of(one).endswith("ErrorCode")
    )
    assert len(made) > 50
    assert not [name for name, times in made.items() if times > 1]
