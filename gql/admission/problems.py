"""The Problems of admission."""

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
        """Return the code of ServiceUnavailable: programs need not tell them apart."""
        return ServiceUnavailable.code()


def make_overloaded() -> Overloaded:
    """Return a refusal with a random delay, so that refused clients do not return all at once."""
    return Overloaded(retry_after=round(uniform(1, 4)))  # noqa: S311  # no secret
