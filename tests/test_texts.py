"""Texts that show nothing count as not written; what is seen stays as it was typed."""

import unicodedata
from typing import Any

import pytest

from models.texts import INVISIBLE, TRIMMED, trim
from tests.conftest import SignIn
from tests.people import test_guardians, test_staff, test_students

UNSEEN = [
    "\u200b", "\u2060", "\ufeff", "\u00ad", " \u200b\u00a0\ufeff\n", "\u200d\ufe0f", "\u2800",
    "\u3164", "\x01",
]  # fmt: skip
PERSONS = [
    ("secretary", test_students.ENROL, test_students.NEW),
    ("hr", test_staff.HIRE, test_staff.NEW),
    ("secretary", test_guardians.LINK, test_guardians.NEW),
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_a_text_that_shows_nothing_is_empty(unseen: str) -> None:
    assert trim(unseen) == ""


@pytest.mark.parametrize(
    "text",
    ["👨\u200d👩\u200d👧", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e007f", "a\u00adb", "5 \u200b 6"],
)
def test_an_emoji_keeps_what_joins_it(text: str) -> None:
    assert trim(text) == text
    assert trim(f"\u200b {text}\ufeff ") == text


def test_what_is_trimmed_is_invisible_or_space() -> None:
    assert {unicodedata.category(character) for character in INVISIBLE} == {"Cf"}
    assert all(map(str.isspace, set(TRIMMED) - set(INVISIBLE)))
    assert {chr(n) for n in range(0x110000) if chr(n).isspace()} <= set(TRIMMED)


@pytest.mark.parametrize("field", ["familyName", "givenName", "patronymic"])
@pytest.mark.parametrize(
    ("login", "document", "given"), PERSONS, ids=["student", "staff", "guardian"]
)
async def test_an_invisible_name_is_blank(
    api: SignIn, login: str, document: str, given: dict[str, Any], field: str
) -> None:
    for unseen in UNSEEN[:5]:
        refused = await api(login).expect_refusal(document, input=given | {field: unseen})
        assert (refused["code"], refused["field"]) == ("BLANK", [field])
