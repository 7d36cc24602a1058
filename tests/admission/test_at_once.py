"""The number of operations that run at once, and the fate of the rest."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gql.admission.admission import Place
from tests.admission.conftest import Application, Person, Serve, get_error

PUBLISH = """mutation ($t: String!) { publishNotice(input: {title: $t, body: "…",
    targets: [{kind: SCHOOL, toStaff: true}]}) { notice { id } userErrors { code } } }"""
READ = "{ viewer { fullName } }"


def make_place(served: Application, person: Person, cost: int = 1) -> Place:
    """Return the place that a person takes in order to run an operation."""
    known = served.services.sessions.get(person.token or "")
    return served.admission.place(known, person.address, cost)


def is_empty(served: Application) -> bool:
    """Return whether nothing runs and nobody waits."""
    admission = served.admission
    gates = [admission.gate, admission.passwords, *(c.gate for c in admission.clients.values())]
    return all(not gate.inside and not gate.waiting for gate in gates)


async def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # gates have no signal for it
        await asyncio.sleep(0.01)


async def test_of_three_times_too_many_requests_some_run_and_the_rest_are_told_to_come_back(
    serve: Serve, sql: AsyncConnection
) -> None:
    """All acknowledged notices exist, and no others."""
    served = serve(most_running=4, most_waiting=8, most_account_running=4, most_account_waiting=8)
    writers = [served.person(login) for login in ("zavuch", "director")]
    readers = [served.person(login) for login in ("parent.ivanova", "student.ivanova")]
    for person in (*writers, *readers):
        await person(READ)
    deepest = 0

    async def ask(number: int) -> tuple[int, str | None]:
        nonlocal deepest
        if number % 3:
            response = await readers[number % 2].post(READ)
        else:
            response = await writers[number % 2].post(PUBLISH, t=f"load {number}")
        deepest = max(deepest, served.admission.gate.inside)
        if response.status_code == 200 and not number % 3:
            assert response.json()["data"]["publishNotice"]["notice"]
            return 200, f"load {number}"
        if response.status_code == 503:
            error = get_error(response)
            assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
            assert int(response.headers["retry-after"]) == error["extensions"]["retryAfter"] >= 1
        return response.status_code, None

    found = await asyncio.gather(*(ask(number) for number in range(90)))
    statuses = Counter(status for status, _ in found)
    assert statuses.keys() == {200, 503}
    assert statuses[200] >= 4
    assert deepest <= 4
    rows = await sql.execute(text("SELECT title FROM notices WHERE title LIKE 'load %'"))
    assert sorted(rows.scalars()) == sorted(title for _, title in found if title)
    assert is_empty(served)
    for person in (*writers, *readers):
        await person(READ)
    assert served.admission.shed == statuses[503]


async def test_one_account_cannot_take_all_places(serve: Serve) -> None:
    served = serve(most_account_running=3, most_account_waiting=0)
    mother, teacher = served.person("parent.ivanova"), served.person("teacher.belova")
    await mother(READ)
    places = [make_place(served, mother) for _ in range(3)]
    for place in places:
        await place.enter()
    assert (await mother.post(READ)).status_code == 503
    assert (await teacher.post(READ)).status_code == 200
    assert (await served.stranger().post("{ __typename }")).status_code == 200
    for place in places:
        place.leave()
    assert (await mother.post(READ)).status_code == 200


async def test_a_heavy_operation_takes_the_places_of_several(serve: Serve) -> None:
    served = serve(most_account_running=8, most_account_waiting=0)
    mother = served.person("parent.ivanova")
    await mother(READ)
    heavy = make_place(served, mother, cost=30_000)
    assert heavy.weight > 8
    await heavy.enter()
    assert (await mother.post(READ)).status_code == 503
    heavy.leave()


async def test_a_waiting_client_is_answered_when_there_is_room(serve: Serve) -> None:
    served = serve(most_running=1)
    mother, teacher = served.person("parent.ivanova"), served.person("teacher.belova")
    await mother(READ)
    place = make_place(served, mother)
    await place.enter()
    waiting = asyncio.create_task(teacher.post(READ))
    await wait_until(lambda: bool(served.admission.gate.waiting))
    place.leave()
    assert (await waiting).status_code == 200
    assert is_empty(served)


async def test_an_operation_that_found_no_place_costs_nothing(serve: Serve) -> None:
    served = serve(most_running=1, most_waiting=0)
    mother = served.person("parent.ivanova")
    await mother(READ)
    place = make_place(served, served.stranger())
    await place.enter()
    headers = [(await mother.post(READ)).headers["ratelimit-remaining"] for _ in range(3)]
    assert len(set(headers)) == 1
    place.leave()


async def test_a_client_that_leaves_the_queue_leaves_nothing_behind(serve: Serve) -> None:
    served = serve(most_running=1)
    mother = served.person("parent.ivanova")
    await mother(READ)
    place = make_place(served, served.stranger())
    await place.enter()
    waiting = asyncio.create_task(mother.post(READ))
    await wait_until(lambda: bool(served.admission.gate.waiting))
    before = make_place(served, mother).standing().remaining
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert make_place(served, mother).standing().remaining > before, "given back"
    place.leave()
    assert is_empty(served)


async def test_people_who_sign_in_do_not_delay_people_who_read(serve: Serve) -> None:
    served = serve(most_running=1)
    form = """mutation { signIn(input: {login: "parent.ivanova", password: "gorod-demo-2026"})
        { accessToken } }"""
    strangers = [served.stranger(f"198.51.100.{n}") for n in range(6)]
    signing = [asyncio.create_task(one.post(form)) for one in strangers]
    await wait_until(lambda: served.admission.passwords.inside > 0)
    assert served.admission.gate.inside == 0
    assert (await served.person("teacher.belova").post(READ)).status_code == 200
    assert [(await one).status_code for one in signing] == [200] * 6


async def test_other_addresses_are_never_queued(serve: Serve) -> None:
    served = serve(most_running=1, most_waiting=0)
    place = make_place(served, served.stranger())
    await place.enter()
    transport = ASGITransport(served.door)
    async with AsyncClient(transport=transport, base_url="http://gorod.test") as client:
        assert (await client.get("/healthz")).text == "well"
    assert (await served.stranger().post("{ __typename }")).status_code == 503
    place.leave()


async def test_accounts_that_run_nothing_are_forgotten_when_there_are_too_many(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gql.admission.admission.MOST_CLIENTS", 10)
    served = serve()
    running = make_place(served, served.stranger("192.0.2.200"))
    await running.enter()
    for number in range(50):
        await served.stranger(f"192.0.2.{number}")("{ __typename }")
    assert len(served.admission.clients) <= 10
    assert "192.0.2.200" in served.admission.clients
    running.leave()
