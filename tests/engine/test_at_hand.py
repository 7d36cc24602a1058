"""Root fields about the request itself are answered together with a compiled statement."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from gql.engine.asker import Asker
from resolvers.access.rate_limit import RateLimit
from tests.conftest import NOON, Api, SignIn
from tests.engine.conftest import Both, make_asker, round_trip_json

STATE = RateLimit(3, 5_000, 4_997, NOON + timedelta(seconds=5))
DOCUMENTS = {
    "beside what SQL reads": "{ school { shortName } rateLimit { cost limit remaining resetAt } }",
    "alone": "{ rateLimit { __typename cost } }",
    "aliases and fragments": "{ a: rateLimit { b: cost ...F } school { id } c: rateLimit "
    "{ limit } } fragment F on RateLimit { remaining }",
    "left out": "{ school { id } rateLimit @skip(if: true) { cost } }",
}


def make_spenders(state: RateLimit | None) -> tuple[Callable[[Api], Asker], Callable[[Api], Api]]:
    """Return an asker and a caller whose budget has this state."""
    tell = (lambda: state) if state else None
    return (
        lambda api: replace(make_asker(api), rate_limit=tell),
        lambda api: Api(replace(api.caller, rate_limit=tell)),
    )


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("state", [STATE, None])
async def test_the_budget_is_told_alike_by_both_executors(
    api: SignIn, both: Both, name: str, state: RateLimit | None
) -> None:
    asking, calling = make_spenders(state)
    mother, document = api("parent.ivanova"), DOCUMENTS[name]
    answer = await both.engine.answer(asking(mother), document, {}, None)
    assert answer
    assert answer.kind == "compiled"
    reply = await calling(mother).reply(document)
    assert not reply.errors
    assert orjson.loads(answer.body) == {"data": round_trip_json(reply.data)}


async def test_each_request_is_told_its_own_budget(api: SignIn, both: Both) -> None:
    """The plan is kept, the numbers are not."""
    mother, document = api("parent.ivanova"), "{ school { id } rateLimit { remaining } }"
    for left in (7, 6):
        asking, _ = make_spenders(replace(STATE, remaining=left))
        answer = await both.engine.answer(asking(mother), document, {}, None)
        assert answer
        assert orjson.loads(answer.body)["data"]["rateLimit"] == {"remaining": left}
