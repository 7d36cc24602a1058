"""A text that shows nothing is not written into a lesson."""

from typing import Any

import pytest

from models.access.roles import Role
from tests.conftest import SignIn
from tests.test_texts import UNSEEN
from tests.timetable.test_homework import HOMEWORK
from tests.timetable.test_lessons import TOPIC
from tests.timetable.test_scheduling import EVENING
from tests.timetable.test_warnings import SCHEDULE, SUNDAY


@pytest.mark.parametrize("unseen", UNSEEN[:5], ids=ascii)
async def test_an_invisible_text_of_a_lesson_is_blank(
    api: SignIn, held: tuple[Any, str], unseen: str
) -> None:
    lesson, login = held
    teacher, there = api(login, Role.SUBJECT_TEACHER), {"lessonId": f"Lesson:1-{lesson.id}"}
    refused = await teacher.expect_refusal(HOMEWORK, input=there | {"text": unseen})
    assert (refused["code"], refused["field"]) == ("BLANK", ["text"])
    topic = there | {"expectedVersion": lesson.version, "topic": unseen}
    refused = await teacher.expect_refusal(TOPIC, input=topic)
    assert (refused["code"], refused["field"]) == ("BLANK", ["topic"])
    done = await teacher(HOMEWORK, input=there | {"text": f"{unseen}👨\u200d👩 № 5{unseen}"})
    assert done["setHomework"]["homework"]["text"] == "👨\u200d👩 № 5"


@pytest.mark.parametrize("unseen", UNSEEN[:5], ids=ascii)
async def test_an_invisible_reason_overrides_no_warning(api: SignIn, unseen: str) -> None:
    given = EVENING | {"date": SUNDAY, "overrideReason": unseen}
    assert await api("zavuch").expect_code(SCHEDULE, input=given) == "WARNING_NEEDS_REASON"
