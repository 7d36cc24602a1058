"""Actors are cached for some seconds, but a command that takes a role away ends them at once."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.admission.conftest import Serve, get_error

READ = "{ viewer { fullName } }"
ASSIGN = """mutation ($input: AssignSubstitutionInput!) { assignSubstitution(input: $input) {
  lesson { id } userErrors { code field } } }"""


async def test_a_substitute_is_no_teacher_once_the_only_lesson_is_given_back(
    serve: Serve, sql: AsyncConnection
) -> None:
    """The psychologist teaches nothing else, and is a subject teacher only by that lesson."""
    served = serve()
    psychologist, deputy = served.person("psychologist"), served.person("zavuch")
    person_id = await sql.scalar(
        text("""SELECT a.person_id FROM accounts a JOIN credentials c ON c.id = a.credential_id
        WHERE a.school_id = 1 AND c.login = 'psychologist'""")
    )
    lesson = (
        await sql.execute(
            text("""UPDATE lessons SET staff_id = (SELECT id FROM staff
                WHERE school_id = 1 AND person_id = :person)
            WHERE id = (SELECT min(id) FROM lessons WHERE school_id = 1 AND date > '2026-11-23')
            RETURNING id, version"""),
            {"person": person_id},
        )
    ).one()
    await sql.execute(
        text("""UPDATE sessions SET role = 'SUBJECT_TEACHER', role_grant_id = NULL
        WHERE school_id = 1 AND role = 'PSYCHOLOGIST' AND account_id IN
        (SELECT id FROM accounts WHERE school_id = 1 AND person_id = :person)"""),
        {"person": person_id},
    )
    assert (await psychologist(READ))["viewer"]
    given = {"lessonId": f"Lesson:1-{lesson.id}", "expectedVersion": lesson.version}
    done = await deputy(ASSIGN, input=given)
    assert done["assignSubstitution"]["userErrors"] == []
    assert get_error(await psychologist.post(READ))["extensions"]["code"] == "UNAUTHENTICATED"
