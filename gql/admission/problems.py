"""Why an operation is not run now."""

from random import uniform
from typing import Any

from models.problems import Problem, ServiceUnavailable


class RateLimited(Problem):
    """Too much was asked for in a short time, and nothing was done: repeat this in {retryAfter}
    seconds.

    retryAfter: Seconds after which there are enough points for the operation.
    """

    russian = (
        "За короткое время запрошено слишком много, ничего не сделано: повторите через "
        "{retryAfter} с."
    )

    def __init__(self, *, retry_after: int, **details: Any) -> None:
        super().__init__(retryAfter=retry_after, **details)
        self.retry_after = retry_after


class Overloaded(ServiceUnavailable):
    """The server has too much to do at the moment, and nothing was done: repeat this in
    {retryAfter} seconds."""

    russian = "Сервер сейчас перегружен, ничего не сделано: повторите через {retryAfter} с."

    @classmethod
    def code(cls) -> str:
        """To a program it is the same."""
        return ServiceUnavailable.code()


def overloaded() -> Overloaded:
    """A refusal. Clients that were refused together do not come back together."""
    return Overloaded(retry_after=round(uniform(1, 4)))  # noqa: S311  # no secret
