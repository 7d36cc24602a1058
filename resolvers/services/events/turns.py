"""Many who ask at once, and few connections to answer them.

A notice wakes thousands in one moment. Had each of them a connection of their own to ask for, those
who came over HTTP would queue behind them all. So only some are answered at a time, and what many
ask in the same words while they wait is asked once for all.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")
Ask: TypeAlias = Callable[[Any, Sequence[Q]], Awaitable[Sequence[A]]]
"""`ask(about, questions)`: their answers, in order."""

TOGETHER = 500
"""How many questions are asked at once."""


class Turns:
    """Whose turn it is: at most so many at a time, the first come first."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._asked: dict[Any, list[tuple[Any, asyncio.Future[Any]]]] = defaultdict(list)
        self._answering: dict[Any, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One's own turn, for what needs a connection. Who has a turn must not wait for another."""
        async with self._free:
            yield

    async def together(self, ask: Ask[Q, A], about: Hashable, question: Q) -> A:
        """The answer to a question. All who `ask` the same `about` before their turn has come are
        answered in it; one who goes away meanwhile takes nobody's answer with them."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[ask, about].append((question, answer))
        if (ask, about) not in self._answering:
            self._answering[ask, about] = asyncio.create_task(self._answer(ask, about))
        return cast("A", await answer)

    async def _answer(self, ask: Ask[Any, Any], about: Hashable) -> None:
        asked = self._asked[ask, about]
        while asked:
            async with self._free:
                waiting = [one for one in asked if not one[1].done()]
                now, asked[:] = waiting[:TOGETHER], waiting[TOGETHER:]
                await settle(ask, about, now)
        del self._asked[ask, about], self._answering[ask, about]


async def settle(
    ask: Ask[Any, Any], about: Hashable, asked: Sequence[tuple[Any, asyncio.Future[Any]]]
) -> None:
    """Give everybody their answer, or what went wrong."""
    try:
        answers = await ask(about, [question for question, _ in asked]) if asked else ()
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)
    except Exception as error:  # whatever it is, nobody may wait for ever
        for _, future in asked:
            if not future.done():
                future.set_exception(error)
