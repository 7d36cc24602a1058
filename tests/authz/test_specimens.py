"""Each scope of each rule has specimens that it shows and specimens that it hides. Otherwise no
test would notice a rule that shows everything."""

import pytest

from auth.policy import rules
from auth.rights import Right
from models.base import OfSchool
from tests.specimens.asking import list_declared_scopes
from tests.specimens.declaring import BOOK, SCHOOL, Holding
from tests.specimens.stories import ASKERS

HOW = """\
{row} has no specimens. Declare some in tests/specimens/{room}.py:

    Specimens(
        {row},
        {{"masha's": {{"student": "masha", …}}, "vera's": {{"student": "vera", …}}}},
        {{Right.{right}: by("student", PUPILS)}},
    )

`tests/specimens/declaring.py` says what else can be said, `stories.py` who masha is."""
ADD = "Right.{right} for {row} is not told: add it to `sees` in tests/specimens/{room}.py"
UNSEEN = "{row}: no specimen is shown to anybody by {right} {scope}; make one, and say who sees it"
UNHIDDEN = "{row}: {right} {scope} hides no specimen from anybody; make one that nobody may see so"


@pytest.mark.parametrize(
    ("row", "right"), rules, ids=[f"{row.__name__} {right}" for row, right in rules]
)
def test_each_scope_of_a_rule_shows_specimens_and_hides_some(
    row: type[OfSchool], right: Right
) -> None:
    names = {"row": row.__name__, "room": row.__module__.split(".")[1], "right": right.name}
    assert row in BOOK, HOW.format(**names)
    found = BOOK[row]
    told = [one for one in found.sees if (one.right if isinstance(one, Holding) else one) is right]
    assert told, ADD.format(**names)
    for scope in list_declared_scopes(row, right):
        seen = {
            (one.name, name)
            for held in told
            for one in ASKERS
            for name in found.expect(held, scope, one.name)
        }
        assert seen, UNSEEN.format(**names, scope=scope.name)
        # A rule that shows the whole school hides the rows of the other school.
        hides = len(seen) < len(found.rows) * len(ASKERS)
        assert hides or scope is SCHOOL, UNHIDDEN.format(**names, scope=scope.name)
