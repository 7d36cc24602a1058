"""The cost of many listeners, and that no listener receives data of another."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from auth.actor import Actor, Viewer, Viewers, viewers_of
from auth.policy import is_visible
from models.access.roles import Role
from models.communication.mail import MailMessage
from models.communication.notices import Notice
from models.journal.assignments import Assignment
from models.journal.attendance import AttendanceRecord
from models.journal.marks import Mark
from models.journal.term_marks import TermMark
from models.people.students import Student
from models.timetable.homework import Homework
from resolvers.core.context import Services, set_school
from resolvers.core.identify import identify_all
from resolvers.events.listening import Listener
from resolvers.services.events.turns import Turns
from tests.conftest import NOON, SignIn, Template
from tests.events.listening import NOTICES, PUBLISH, Listen
from tests.signed_in import token_of

BY_NAME = NOTICES.replace("title", "title authorName")
BY_READER = NOTICES.replace("title", "title isRead")
TOLD: tuple[Any, ...] = (
    Notice, MailMessage, Student, Mark, Assignment, AttendanceRecord, Homework, TermMark,
)  # fmt: skip
EVERYONE = {"kind": "SCHOOL", "toStudents": True, "toGuardians": True, "toStaff": True}


@pytest.fixture
def classes(template: Template) -> list[str]:
    """Logins of the children and the teachers of the first school."""
    here = {(Role.STUDENT, 1), (Role.SUBJECT_TEACHER, 1), (Role.CLASS_TEACHER, 1)}
    return [login for login, held in template.roles.items() if held[0] in here]


async def wait_until_all_wait(services: Services, number: int) -> None:
    def count_waiting() -> int:
        tails = services.tails._tails.values()  # noqa: SLF001
        return sum(len(found) for tail in tails for found in tail._waiting.values())  # noqa: SLF001

    while count_waiting() < number:  # noqa: ASYNC110  # nothing else tells of it
        await asyncio.sleep(0.01)


@contextmanager
def record_connections(engine: AsyncEngine) -> Iterator[list[int]]:
    """Yield the numbers of connections that were in use at once, after each checkout."""
    used, now = [0], [0]

    def note_checkout(*_: Any) -> None:
        now[0] += 1
        used.append(now[0])

    def note_checkin(*_: Any) -> None:
        now[0] -= 1

    event.listen(engine.sync_engine, "checkout", note_checkout)
    event.listen(engine.sync_engine, "checkin", note_checkin)
    yield used
    event.remove(engine.sync_engine, "checkout", note_checkout)
    event.remove(engine.sync_engine, "checkin", note_checkin)


async def test_five_hundred_who_hear_of_one_notice_cost_a_few_statements(
    api: SignIn, listen: Listen, classes: list[str], services: Services, engine: AsyncEngine,
    statements: Any,
) -> None:  # fmt: skip
    crowd = [classes[number % len(classes)] for number in range(500)]
    hear = [(await listen(api(login), BY_NAME, None)).start_waiting() for login in crowd]
    await wait_until_all_wait(services, 500)
    given = {"title": "Всем", "body": "…", "targets": [EVERYONE]}
    with statements() as sent, record_connections(engine) as used:
        await api("director")(PUBLISH, input=given)
        heard = [(await one)["notice"] for one in hear]
    assert {(one["title"], one["authorName"]) for one in heard} == {
        ("Всем", "Воронцова Елена Викторовна")
    }
    assert len(sent) < 50, f"{len(sent) / 500} a delivery: {sent}"
    assert max(used) <= 3


async def test_further_fields_of_a_notice_are_read_in_turns_on_few_connections(
    api: SignIn, listen: Listen, classes: list[str], services: Services, engine: AsyncEngine
) -> None:
    hear = [(await listen(api(login), BY_READER, None)).start_waiting() for login in classes[:100]]
    await wait_until_all_wait(services, 100)
    given = {"title": "Всем", "body": "…", "targets": [EVERYONE]}
    with record_connections(engine) as used:
        await api("director")(PUBLISH, input=given)
        assert not any([(await one)["notice"]["isRead"] for one in hear])
    assert max(used) <= 5 + 2  # those whose turn it is, the author, and the reader of the log


async def fetch_visible_keys(
    session: AsyncSession, actors: Sequence[Actor], row: Any, keys: AbstractSet[int]
) -> list[set[int]]:
    """Return the given keys that each actor may read, read for all actors at once."""
    viewer, them = Viewers(actors[0].grants), viewers_of(actors)
    query = select(them.c.place, row.id).select_from(them).join(row, is_visible(viewer, row))
    found: list[set[int]] = [set() for _ in actors]
    for place, key in await session.execute(query.where(row.id.in_(keys)), actors[0].values):
        found[place - 1].add(key)
    return found


def pick_sample(keys: Iterable[int], found: Sequence[AbstractSet[int]], most: int) -> set[int]:
    """Of the rows that the same of them see, so many, spread over all; of each such group, and of
    what nobody sees."""
    alike = defaultdict(list)
    for key in sorted(keys):
        alike[tuple(key in one for one in found)].append(key)
    return {key for group in alike.values() for key in group[:: -(-len(group) // most)]}


@pytest.mark.parametrize("most", [10, pytest.param(3000, marks=pytest.mark.endurance)])
@pytest.mark.parametrize("row", TOLD, ids=lambda row: row.__name__)
async def test_each_of_a_crowd_sees_what_they_see_alone(
    template: Template, engine: AsyncEngine, row: Any, most: int
) -> None:
    tokens = [
        token_of(login, role, 1)
        for login, held in template.roles.items()
        for role, school in held
        if school == 1
    ]
    alike = defaultdict(list)
    async with AsyncSession(engine) as session:
        await set_school(session, 1)
        for actor in (await identify_all(session, 1, tokens, NOON)).values():
            alike[actor.grants].append(actor)
        keys = set(await session.scalars(select(row.id).where(row.id < 3000)))
        told_apart = 0
        for grants, actors in alike.items():
            some = actors[:6]
            alone = select(row.id).where(is_visible(Viewer(grants), row), row.id < 3000)
            found = [set(await session.scalars(alone, actor.values)) for actor in some]
            asked = pick_sample(keys, found, most)
            seen = [asked & one for one in found]
            assert await fetch_visible_keys(session, some, row, asked) == seen
            told_apart += len({frozenset(keys) for keys in seen}) - 1
    assert told_apart > 0, "nobody sees anything that others do not"


# -- turns ---------------------------------------------------------------------------


async def test_keys_that_many_ask_for_while_they_wait_are_read_once() -> None:
    turns, asked = Turns(1), list[list[int]]()

    async def ask(_: Any, numbers: Sequence[int]) -> list[int]:
        asked.append([*numbers])
        return [number * number for number in numbers]

    async with turns.turn():
        answers = [
            asyncio.ensure_future(turns.ask_together(ask, "squares", n)) for n in range(1200)
        ]
        await asyncio.sleep(0)
        answers[7].cancel()  # its leaving takes nobody's answer away
    kept = [answer for answer in answers if answer is not answers[7]]
    assert await asyncio.gather(*kept) == [n * n for n in range(1200) if n != 7]
    assert [len(numbers) for numbers in asked] == [500, 500, 199]


async def test_a_failure_is_raised_for_all_who_wait_and_for_nobody_after() -> None:
    turns, broken = Turns(1), [True]

    async def ask(_: Any, numbers: Sequence[int]) -> list[int]:
        if broken[0]:
            raise RuntimeError("the database is gone")
        return list(numbers)

    failed = await asyncio.gather(
        *(turns.ask_together(ask, None, n) for n in range(3)), return_exceptions=True
    )
    assert [str(error) for error in failed] == ["the database is gone"] * 3
    broken[0] = False
    assert await turns.ask_together(ask, None, 4) == 4


async def test_a_listener_whose_leaving_was_not_noticed_does_not_listen_for_ever(
    api: SignIn, listen: Listen, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python before 3.12 may lose the cancellation of a task that waits for a connection."""
    real = Listener.ask

    async def heedless(self: Listener, entry: Any = None) -> Any:
        asking = asyncio.ensure_future(real(self, entry))
        while not asking.done():
            try:
                await asyncio.shield(asking)
            except asyncio.CancelledError:
                continue
        return asking.result()

    monkeypatch.setattr(Listener, "ask", heedless)
    mother = await listen(api("parent.ivanova"), NOTICES, None)
    async with services.tails.turns.turn():
        hears = mother.start_waiting()
        await asyncio.sleep(0)
        hears.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(hears, 60)
