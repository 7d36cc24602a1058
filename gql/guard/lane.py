"""The lane: one thread in which long documents are parsed and plans are made, one after another.

A client can cause as much of this work as it likes. In the event loop, all others would wait for
its end; beside a thread, the loop goes on within a millisecond. There is only one thread: twelve
would leave the loop one thirteenth of the time.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
SHORT = 300
"""Characters of a document that is parsed in the loop: that is faster than a change of thread."""
THREAD = ThreadPoolExecutor(1, "lane")


class Lane:
    """Work that is done one after another in the thread.

    turn: Held during the work. A caller that has waited for it must check first whether the same
        work was done meanwhile, or it would be done twice.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()

    async def work(self, function: Callable[..., T], *args: object) -> T:
        """Call the function in the thread, and return its result."""
        return await asyncio.get_running_loop().run_in_executor(THREAD, function, *args)
