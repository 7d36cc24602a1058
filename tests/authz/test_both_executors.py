"""Both executors say the same of every field of the schema. What nobody would think of is asked in
`test_fuzz.py`."""

import pytest

from tests.authz.everybody import EVERYBODY, Asking
from tests.authz.subjects import SUBJECTS

ASKED_BY = [one for one in EVERYBODY if one.login in ("klimova", "director")]
"""She reaches rows of her class, which stand first; the director reaches all of the school."""


@pytest.mark.embedded_only
@pytest.mark.parametrize("name", SUBJECTS)
async def test_both_say_the_same(asking: Asking, name: str) -> None:
    subject = SUBJECTS[name]
    for person in ASKED_BY:
        for variables in subject.variables[:1]:
            told = await asking(person, subject.document, variables)
            assert told == await asking.by_the_other(person, subject.document, variables)
