"""The lane: where long documents are read and plans are made, one after another, in a thread.

A client can cause as much of this work as it likes. In the loop, all others would wait for its end;
beside a thread, the loop goes on within a millisecond. There is one thread: twelve would leave the
loop one thirteenth of the time.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
SHORT = 300
"""Characters of a document that is read in the loop: it takes less time than to change threads."""
THREAD = ThreadPoolExecutor(1, "lane")


class Lane:
    """Work that waits for its turn.

    turn: Is held while something is worked on. Whoever has waited for it looks first whether the
        same was done meanwhile for somebody else.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()

    async def work(self, function: Callable[..., T], *args: object) -> T:
        """What the function gives, called in the thread."""
        return await asyncio.get_running_loop().run_in_executor(THREAD, function, *args)
