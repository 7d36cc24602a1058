"""`make crowding`: twelve of the costliest operations at once by one person, beside others.

It starts a server with the made-up school on this machine. One person asks the costliest operations
that are admitted, twelve at once, again and again, within the usual budgets. Meanwhile another asks
a cached query at a steady rate. It prints the waits of the other one, idle and crowded. The person
asks from a process of their own, so that the steady asker shares no event loop with them.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from itertools import cycle

import uvloop

from gql.cli.console import say
from tests.overload import READERS, Connections, Crowd, Outcome, start_server

AT_ONCE = 12
RATE = 20
"""Requests a second of the one who asks steadily."""
PAUSE = 1.0
"""Seconds that the attacker waits when the budget is spent."""
STEADY = "student.ivanova"
CHILD = 'diary(studentId: "Student:1-1", from: "2026-09-01", to: "2026-09-20")'
COSTLY = {
    "parent.ivanova": [
        f"{{ {CHILD} {{ days {{ date lessons {{ startsAt topic section {{ name students "
        "{ fullName } } homework { text } marks { value } } } } }",
        "{ notices(first: 100) { totalCount nodes { id title body authorName isRead } } }",
        f"{{ {' '.join(f'd{n}: unreadCounts {{ notices mail }}' for n in range(10))} }}",
        f"{{ {CHILD.replace('09-20', '11-01')} {{ days {{ date lessons {{ lesson {{ topic homework "
        "{ text attachments { fileName url } } room { number } schoolClass { name students "
        "{ fullName } } } marks { value comment } } } } }",
        "{ lessons(first: 100) { totalCount nodes { date topic homework { text attachments "
        "{ url } } section { name students { shortName } } } } }",
        "{ students(first: 100) { totalCount nodes { fullName contacts { phone address } } } }",
    ],
    "zavuch": [
        "{ sections(first: 100) { totalCount nodes { name students { fullName birthDate "
        "guardianLinks { guardian { fullName } } schoolClass { name } } } } }",
        "{ students(first: 100) { totalCount nodes { fullName birthDate enrollments { id } "
        "guardianLinks { guardian { fullName } } contacts { phone address } "
        "schoolClass { name } } } }",
        '{ journal(sectionId: "Section:1-68", from: "2026-09-01", to: "2026-11-29") { students '
        "{ id shortName } lessons { id date topic } "
        "cells { studentId lessonId marks { value assignment { title } } } } }",
    ],
}
"""The costliest operations that were found, by login."""


async def tell_costs(crowd: Crowd, login: str) -> None:
    """Ask each operation of a person alone and print its cost.

    Raises SystemExit if an operation is refused: an attack without it would prove nothing.
    """
    for query in COSTLY[login]:
        body = json.dumps({"query": query, "extensions": {"cost": True}}).encode()
        began = time.monotonic()
        status, headers, content = await crowd.connections.post(crowd.tokens[login], body)
        seconds, told = time.monotonic() - began, json.loads(content)
        if status != 200 or "errors" in told:
            raise SystemExit(f"not run: {query[:60]}… {content[:300].decode()}")
        cost, plan = told["extensions"]["cost"]["cost"], headers[b"gorod-plan"].decode()
        say(f"cost {cost}, {plan}, {len(content)} bytes, {seconds * 1000:.0f} ms: {query[:60]}…")


async def ask_steadily(crowd: Crowd, seconds: float) -> Outcome:
    """Ask the cached query of one person at a steady rate."""
    found, began = Outcome(), time.monotonic()
    asking = set()
    for number in range(int(RATE * seconds)):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        asking.add(
            asyncio.create_task(crowd.send(crowd.tokens[STEADY], READERS[STEADY], due, found))
        )
    await asyncio.gather(*asking)
    return found


async def attack(port: int, login: str, seconds: float) -> None:
    """Ask twelve operations at once until the time is over. Runs in a process of its own."""
    crowd = Crowd(Connections(port))
    await crowd.sign_in()
    await tell_costs(crowd, login)
    answers, end = Counter[int](), time.monotonic() + seconds

    async def ask(query: str) -> None:
        status, _, _ = await crowd.connections.post(
            crowd.tokens[login], json.dumps({"query": query}).encode()
        )
        answers[status] += 1

    for query in cycle(COSTLY[login]):
        if time.monotonic() > end:
            break
        refused = answers[429]
        await asyncio.gather(*(ask(query) for _ in range(AT_ONCE)))
        if answers[429] > refused:
            await asyncio.sleep(PAUSE)
    say(f"{login}: {dict(answers)} in {seconds:.0f} s")


async def measure_beside(crowd: Crowd, port: int, login: str, seconds: int) -> Outcome:
    """Return the waits of the steady asker while the person attacks."""
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crowding", "--port", str(port),
        "--attack", login, "--seconds", str(seconds + 2),
    )  # fmt: skip
    await asyncio.sleep(2)  # the attacker signs in and asks each once before
    found = await ask_steadily(crowd, seconds)
    if await attacker.wait():
        raise SystemExit("the attack failed")
    return found


async def measure(port: int, seconds: int) -> bool:
    crowd = Crowd(Connections(port))
    await crowd.sign_in()
    await ask_steadily(crowd, 3)
    fine = True
    for login in COSTLY:
        idle = await ask_steadily(crowd, seconds)
        crowded = await measure_beside(crowd, port, login, seconds)
        times = crowded.wait_at(99) / idle.wait_at(99)
        fine = fine and times <= 2
        for name, one in (("idle", idle), ("crowded", crowded)):
            p50, p99, most = (one.wait_at(share) * 1000 for share in (50, 99, 100))
            say(f"{name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, slowest {most:.1f} ms, "
                f"{dict(one.answers)}")  # fmt: skip
        say(f"p99 with {login} beside: {times:.1f} times")
    return fine


async def main(port: int, seconds: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="gorod-crowding-") as directory:
        process = await start_server(port, directory, generous=False)
        try:
            return await measure(port, seconds)
        finally:
            process.terminate()
            await process.wait()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8331)
    options.add_argument("--seconds", type=int, default=20)
    options.add_argument("--attack", help="the login of the one who attacks a server at the port")
    given = options.parse_args()
    if given.attack:
        uvloop.run(attack(given.port, given.attack, given.seconds))
    else:
        sys.exit(not uvloop.run(main(given.port, given.seconds)))
