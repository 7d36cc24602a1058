"""The field, extension, headers and refusals that tell clients of their budget."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gql.admission.admission import PASSWORD
from tests.admission.conftest import Serve, get_error
from tests.conftest import NOON

STATE = "{ cost limit remaining resetAt }"
ASKED = {"cost": True}
ROADS = {
    "compiled": ("auto", "{ viewer { fullName } school { shortName } }"),
    "compiled with the field": ("auto", "{ viewer { fullName } rateLimit " + STATE + " }"),
    "compiled without SQL": ("auto", "{ rateLimit " + STATE + " }"),
    "mixed": ("auto", "{ eventsCursor viewer { fullName } rateLimit " + STATE + " }"),
    "standard": ("auto", "{ eventsCursor rateLimit " + STATE + " }"),
    "standard executor": ("standard", "{ viewer { fullName } rateLimit " + STATE + " }"),
}


@pytest.mark.parametrize("road", ROADS)
async def test_the_same_numbers_stand_in_all_places(serve: Serve, road: str) -> None:
    executor, query = ROADS[road]
    mother = serve(executor=executor, most_points=5_000).person("parent.ivanova")
    await mother("{ viewer { role } }")
    response = await mother.post(query, extensions=ASKED)
    assert response.headers["gorod-plan"] == road.split()[0]
    told = response.json()
    state = told["extensions"]["cost"]
    assert set(state) == {"cost", "limit", "remaining", "resetAt"}
    assert state["limit"] == 5_000
    assert 0 < state["cost"] < 5_000 - state["remaining"]
    if "rateLimit" in query:
        assert told["data"]["rateLimit"] == state
    headers = response.headers
    assert int(headers["ratelimit-limit"]) == state["limit"]
    assert int(headers["ratelimit-remaining"]) == state["remaining"]
    later = NOON + timedelta(seconds=int(headers["ratelimit-reset"]))
    told_at = datetime.fromisoformat(state["resetAt"])
    assert abs(later - told_at) <= timedelta(seconds=1)


@pytest.mark.parametrize("asked", [None, {}, {"cost": False}, {"cost": None}, {"cost": "true"}])
async def test_the_extension_is_there_only_if_asked_for(serve: Serve, asked: Any) -> None:
    mother = serve().person("parent.ivanova")
    response = await mother.post("{ viewer { role } }", extensions=asked)
    assert response.json() == {"data": {"viewer": {"role": "PARENT"}}}


async def test_each_operation_takes_its_cost(serve: Serve) -> None:
    mother, left = serve(most_points=5_000).person("parent.ivanova"), 5_000
    for query in ("{ viewer { role } }", "{ notices(first: 30) { nodes { id } } }") * 3:
        response = await mother.post(query, extensions=ASKED)
        state = response.json()["extensions"]["cost"]
        left -= state["cost"]
        assert state["remaining"] == left


async def test_a_longer_list_costs_more(serve: Serve) -> None:
    mother = serve().person("parent.ivanova")
    query = "query ($n: Int!) { notices(first: $n) { nodes { id } } rateLimit { cost } }"
    costs = [(await mother(query, n=n))["rateLimit"]["cost"] for n in (1, 10, 100)]
    assert costs == sorted(costs)
    assert costs[2] - costs[0] >= 99


async def test_a_client_without_points_is_told_when_to_come_back(serve: Serve) -> None:
    served = serve(most_points=1_000)
    query = "{ notices(first: 100) { nodes { id } } }"
    for language, word in (("en", "seconds"), ("ru", "повторите")):
        mother = served.person("parent.ivanova", language=language)
        response = await mother.post(query)
        while response.status_code == 200:
            response = await mother.post(query, extensions=ASKED)
        assert response.status_code == 429
        told, error = response.json(), get_error(response)
        assert "data" not in told
        assert error["extensions"]["code"] == "RATE_LIMITED"
        seconds = error["extensions"]["retryAfter"]
        assert int(response.headers["retry-after"]) == seconds >= 1
        assert str(seconds) in error["message"]
        assert word in error["message"]
        assert error["extensions"]["remaining"] == int(response.headers["ratelimit-remaining"])
        assert error["extensions"]["limit"] == 1_000
        assert "gorod-plan" not in response.headers


async def test_a_refused_command_is_not_done(serve: Serve) -> None:
    served = serve(most_points=1_000)
    zavuch = served.person("zavuch")
    publish = """mutation ($t: String!) { publishNotice(input: {title: $t, body: "…",
        targets: [{kind: SCHOOL, toStaff: true}]}) { notice { id } } }"""
    done = 0
    while (await zavuch.post(publish, t="counted")).status_code == 200:
        done += 1
    director = serve().person("director")
    found = await director("{ notices(first: 100) { nodes { title } } }")
    assert sum(one["title"] == "counted" for one in found["notices"]["nodes"]) == done


async def test_a_stranger_hears_of_their_address_alone(serve: Serve) -> None:
    served = serve(most_stranger_points=2_000, most_points=70_000)
    for _ in range(5):
        await served.stranger("192.0.2.7")("{ __typename }")
    mother = served.person("parent.ivanova")
    await mother("{ viewer { role } }")
    told = await served.stranger("192.0.2.8")("{ rateLimit { cost limit remaining } }")
    cost = told["rateLimit"]["cost"]
    assert told == {"rateLimit": {"cost": cost, "limit": 2_000, "remaining": 2_000 - cost}}


async def test_strangers_of_an_address_share_its_budget_and_nobody_elses(serve: Serve) -> None:
    served = serve(most_stranger_points=1_000)
    stranger = served.stranger("2001:db8::1")
    while (await stranger.post("{ rateLimit { cost } }")).status_code == 200:
        pass
    same_network = served.stranger("2001:db8::2")
    assert (await same_network.post("{ __typename }")).status_code == 429
    elsewhere = served.stranger("2001:db8:0:1::1")
    assert (await elsewhere.post("{ __typename }")).status_code == 200
    signed_in = served.person("parent.ivanova")
    signed_in.address = "2001:db8::1"
    assert (await signed_in.post("{ __typename }")).status_code == 200


async def test_a_wrong_token_is_paid_for_by_the_address(serve: Serve) -> None:
    served = serve(most_stranger_points=1_000)
    guesser = served.stranger()
    statuses = set()
    for number in range(1_100):
        guesser.token = f"1.{number:043d}"
        statuses.add((response := await guesser.post("{ __typename }")).status_code)
        if response.status_code == 429:
            break
    assert statuses == {200, 429}


async def test_trying_a_password_is_expensive(serve: Serve) -> None:
    served = serve(most_stranger_points=2 * PASSWORD)
    form = """mutation { signIn(input: {login: "nobody", password: "wrong password"})
        { userErrors { code } } }"""
    stranger = served.stranger()
    response = await stranger.post(form, extensions=ASKED)
    assert response.json()["extensions"]["cost"]["cost"] > PASSWORD
    assert (await stranger.post(form)).status_code == 429


async def test_two_sessions_of_an_account_share_a_budget(serve: Serve) -> None:
    served = serve(most_points=5_000)
    signed_in = """mutation { signIn(input: {login: "parent.ivanova", password:
        "gorod-demo-2026"}) { accessToken } }"""
    query = "{ rateLimit { remaining } viewer { role } }"
    first = served.person("parent.ivanova")
    before = (await first(query))["rateLimit"]["remaining"]
    second = served.stranger()
    second.token = (await second(signed_in))["signIn"]["accessToken"]
    assert second.token != first.token
    assert (await second(query))["rateLimit"]["remaining"] < before


async def test_a_school_has_a_budget_which_nobody_hears_of(serve: Serve) -> None:
    served = serve(most_school_points=1_000, most_points=1_000)
    query = "{ notices(first: 40) { nodes { id } } rateLimit { limit remaining } }"
    people = [served.person(login) for login in ("parent.ivanova", "zavuch", "director")]
    refused = None
    while refused is None:
        for person in people:
            response = await person.post(query)
            if response.status_code == 429:
                refused = response
                break
            told = response.json()["data"]["rateLimit"]
            assert told["limit"] - told["remaining"] <= 500, "their own"
    error = get_error(refused)["extensions"]
    assert error["budget"] == "SCHOOL"
    assert error["retryAfter"] >= 1
    assert "remaining" not in error
    assert int(refused.headers["ratelimit-remaining"]) >= 500


async def test_an_operation_that_costs_more_than_a_budget_is_too_complex(serve: Serve) -> None:
    """Waiting would not help."""
    served = serve(most_points=1_000)
    dear = "{ " + " ".join(f"n{i}: notices(first: 100) {{ nodes {{ id }} }}" for i in range(9))
    dear += " m: notices(first: 100) { edges { node { id } } } }"
    response = await served.person("parent.ivanova").post(dear)
    assert get_error(response)["extensions"]["code"] == "OPERATION_TOO_COMPLEX"
    assert get_error(response)["extensions"]["most"] == 1_000
