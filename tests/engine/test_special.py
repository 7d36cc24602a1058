"""That someone read specially protected data is recorded, whoever answered."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from tests.conftest import SignIn
from tests.engine.conftest import Both, asker, readings

IDENTITY = '{ student(by: {id: "Student:1-1"}) { fullName identity { snilsMasked } } }'
NAME = '{ student(by: {id: "Student:1-1"}) { fullName } }'


async def test_a_director_who_reads_an_identity_is_recorded(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    before = await readings(sql)
    assert await both(api("director"), IDENTITY) == "compiled"
    assert await readings(sql) == before + 2  # once by each executor
    assert await both(api("director"), NAME) == "compiled"
    assert await both(api("teacher.gusev"), IDENTITY) == "compiled"
    assert await readings(sql) == before + 2


async def test_a_title_that_looks_like_an_identity_is_none(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""UPDATE students SET personal_file_no = '"identity":{' WHERE id = 1""")
    )
    before = await readings(sql)
    asked = '{ student(by: {id: "Student:1-1"}) { personalFileNo identity { snilsMasked } } }'
    engine: Engine = both.engine
    assert await engine.answer(asker(api("teacher.gusev")), asked, {}, None)
    assert await readings(sql) == before
