"""A root field that is refused, or null for a reason, leaves the others to the engine.

Otherwise one bad argument would make the standard executor answer long lists.
"""

from typing import Any

import pytest

from tests.conftest import SignIn
from tests.engine.conftest import Both

MASHA = "Student:1-1"
WEEK = """query ($of: ID!, $from: Date, $to: Date, $n: Int) {
    diary(studentId: $of, from: $from, to: $to) { student { fullName } }
    lessons(first: $n) { totalCount nodes { id } } }"""
TWO = """query ($of: ID!, $from: Date, $to: Date) {
    diary(studentId: $of, from: $from, to: $to) { student { fullName } }
    rooms(first: 2) { nodes { number } } }"""
GOOD: dict[str, Any] = {"of": MASHA, "from": "2026-11-23", "to": "2026-11-29"}
BAD = GOOD | {"to": "2027-11-29"}
"""More days than a diary shows at once."""


@pytest.mark.parametrize("first", [GOOD, BAD])
async def test_a_refused_argument_hands_back_its_own_field(
    api: SignIn, both: Both, first: Any
) -> None:
    mother = api("parent.ivanova")
    await both(mother, TWO, **first)
    assert await both(mother, TWO, **BAD) == "mixed"
    assert await both(mother, TWO, **GOOD) == "compiled"
    assert await both(mother, TWO, **BAD) == "mixed"


async def test_bad_values_make_no_plan_for_clients_that_send_good_ones(
    api: SignIn, both: Both
) -> None:
    """The bad values have another shape, together with what is known about the variables by
    then."""
    mother = api("parent.ivanova")
    assert await both(mother, WEEK, **GOOD, n=2) == "compiled"
    assert await both(mother, WEEK, **BAD, n=None) == "mixed"
    assert await both(mother, WEEK, **GOOD, n=None) == "compiled"


async def test_a_page_too_long_is_refused_by_itself(api: SignIn, both: Both) -> None:
    mother = api("parent.ivanova")
    assert await both(mother, WEEK, **GOOD, n=2) == "compiled"
    assert await both(mother, WEEK, **GOOD, n=100_000) == "mixed"


async def test_only_the_null_field_is_asked_again(api: SignIn, both: Both) -> None:
    asked = """query ($class: ID!) { rooms(first: 2) { nodes { number } }
        a: classAverages(schoolClassId: $class, termId: "Term:1-2") { rows { fullName } }
        b: classAverages(schoolClassId: "SchoolClass:1-7", termId: "Term:1-2") { rows { fullName } }
    }"""
    assert await both(api("zavuch"), asked, **{"class": "SchoolClass:1-7"}) == "compiled"
    assert await both(api("zavuch"), asked, **{"class": "SchoolClass:2-7"}) == "mixed"
