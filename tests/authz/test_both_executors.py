"""Both executors give the same answer for every field of the schema; `test_fuzz.py` asks for
unusual combinations of them."""

import pytest

from tests.authz.everybody import EVERYBODY, Client
from tests.authz.subjects import SUBJECTS

ASKED_BY = [one for one in EVERYBODY if one.login in ("klimova", "director")]
"""She reaches rows of her class, which stand first; the director reaches all rows of the school."""


@pytest.mark.embedded_only
@pytest.mark.parametrize("name", SUBJECTS)
async def test_both_executors_give_the_same_answer(client: Client, name: str) -> None:
    subject = SUBJECTS[name]
    for person in ASKED_BY:
        for variables in subject.variables[:1]:
            told = await client(person, subject.document, variables)
            assert told == await client.ask_standard_executor(person, subject.document, variables)
