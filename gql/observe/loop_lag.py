"""The lag of the event loop: the delay of its timers, and so of all requests."""

import asyncio
from collections import deque

PERIOD = 0.25
"""Seconds between two measurements."""
LOOKS = 60
"""Measurements that are kept: 15 seconds, the usual interval of Prometheus."""
LAG = (
    "gorod_event_loop_lag_seconds",
    "Longest delay of the event loop in the last 15 seconds, looked at four times a second.",
)


class LoopLag:
    """Measures the lag of the event loop that runs it."""

    def __init__(self) -> None:
        self.lags: deque[float] = deque(maxlen=LOOKS)
        self.timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start to measure."""
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(PERIOD, self.measure, loop, loop.time() + PERIOD)

    def measure(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Note the delay, and schedule the next measurement."""
        self.lags.append(max(0.0, loop.time() - due))
        self.timer = loop.call_later(PERIOD, self.measure, loop, loop.time() + PERIOD)

    def longest(self) -> float:
        """Return the longest delay in seconds; 0 before the first measurement."""
        return max(self.lags, default=0.0)

    def stop(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None
