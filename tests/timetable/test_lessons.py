"""Topics and other texts of a lesson."""

from typing import Any

from models.access.roles import Role
from tests.conftest import SignIn

TOPIC = """mutation ($input: SetLessonTopicInput!) { setLessonTopic(input: $input) {
  lesson { id status topic version } userErrors { code field } } }"""


async def test_a_topic_is_set_with_the_version_seen(api: SignIn, held: tuple[Any, str]) -> None:
    lesson, login = held
    teacher = api(login, Role.SUBJECT_TEACHER)
    given = {"lessonId": f"Lesson:1-{lesson.id}", "expectedVersion": lesson.version}
    done = (await teacher(TOPIC, input={**given, "topic": "Дроби"}))["setLessonTopic"]["lesson"]
    assert (done["topic"], done["status"]) == ("Дроби", "CONDUCTED")
    assert await teacher.expect_code(TOPIC, input={**given, "topic": "Степени"}) == "CONFLICT"
    blank = {**given, "expectedVersion": done["version"], "topic": ""}
    refusal = await teacher.expect_refusal(TOPIC, input=blank)
    assert (refusal["code"], refusal["field"]) == ("BLANK", ["topic"])
