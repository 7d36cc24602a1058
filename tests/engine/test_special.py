"""A special read is recorded, whichever executor answers."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.engine.run import Engine
from tests.conftest import SignIn
from tests.engine.conftest import Both, count_special_reads, make_asker

IDENTITY = '{ student(by: {id: "Student:1-1"}) { fullName identity { snilsMasked } } }'
NAME = '{ student(by: {id: "Student:1-1"}) { fullName } }'


async def test_a_director_who_reads_an_identity_is_recorded(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    before = await count_special_reads(sql)
    assert await both(api("director"), IDENTITY) == "compiled"
    assert await count_special_reads(sql) == before + 2  # one entry for each executor
    assert await both(api("director"), NAME) == "compiled"
    assert await both(api("teacher.gusev"), IDENTITY) == "compiled"
    assert await count_special_reads(sql) == before + 2


async def test_a_title_that_looks_like_an_identity_is_none(
    api: SignIn, both: Both, sql: AsyncConnection
) -> None:
    await sql.execute(
        text("""UPDATE students SET personal_file_no = '"identity":{' WHERE id = 1""")
    )
    before = await count_special_reads(sql)
    asked = '{ student(by: {id: "Student:1-1"}) { personalFileNo identity { snilsMasked } } }'
    engine: Engine = both.engine
    assert await engine.answer(make_asker(api("teacher.gusev")), asked, {}, None)
    assert await count_special_reads(sql) == before
