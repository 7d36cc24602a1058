"""Each rule shows exactly the specimens that it should: by right and scope, to everybody."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.base import OfSchool
from tests.specimens.asking import list_questions
from tests.specimens.declaring import BOOK


@pytest.mark.parametrize("row", BOOK, ids=lambda row: row.__name__)
async def test_a_rule_shows_to_everybody_what_it_should(
    sql: AsyncConnection, row: type[OfSchool]
) -> None:
    asked = [question for question in list_questions() if question.row is row]
    wrong = {str(question): await question.list_differences(sql) for question in asked}
    assert not any(wrong.values()), {asked: told for asked, told in wrong.items() if told}
