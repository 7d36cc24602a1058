"""Batching of many questions over few database connections.

A notice wakes thousands of subscribers at once. If each took a connection, requests over HTTP would
queue behind them. So only a few turns run at a time, and equal questions that wait are batched.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")
Ask: TypeAlias = Callable[[Any, Sequence[Q]], Awaitable[Sequence[A]]]
"""`ask(about, questions)` returns their answers in order."""

TOGETHER = 500
"""The most questions in one batch."""


class Turns:
    """A semaphore of turns, first come first served, with batching."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._asked: dict[Any, list[tuple[Any, asyncio.Future[Any]]]] = defaultdict(list)
        self._answering: dict[Any, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Take a turn, for work that needs a connection. To take a second turn inside of one could
        deadlock."""
        async with self._free:
            yield

    async def ask_together(self, ask: Ask[Q, A], about: Hashable, question: Q) -> A:
        """Return the answer to a question. Questions with the same `ask` and `about` that wait for
        a turn are batched. A cancelled caller does not affect the others."""
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
    """Set the answers, or the error, of all questions."""
    try:
        answers = await ask(about, [question for question, _ in asked]) if asked else ()
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)
    except Exception as error:  # otherwise the callers would wait for ever
        for _, future in asked:
            if not future.done():
                future.set_exception(error)
