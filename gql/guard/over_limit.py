"""Refusals of requests that exceed a limit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gql.guard.limits import Limits
from models.problems import Advice, OperationTooComplex

MOST_TOLD = 2**31 - 1
"""The greatest `Int` of GraphQL. Counts of nested fragments can be larger."""
UNSET: Mapping[str, Advice] = MappingProxyType(
    {
        "statement": Advice(
            en="What stands in the operation takes a longer statement than the {most} characters "
            "that may be: split it into several requests.",
            ru="Операции нужен запрос к базе данных длиннее допустимых {most} знаков: разделите её "
            "на несколько запросов.",
        ),
        "introspection": Advice(
            en="An operation may ask {most} points of the description of the schema: ask for it "
            "once, or take the files below `/schema/`.",
            ru="За одну операцию можно спросить {most} пунктов описания схемы: спросите его один "
            "раз или возьмите файлы из `/schema/`.",
        ),
        "password": Advice(
            en="An operation may try one password: send each try in a request of its own.",
            ru="В одной операции можно проверить один пароль: каждый присылайте отдельным "
            "запросом.",
        ),
    }
)
"""The advice of limits that are no settings."""
ADVICE: Mapping[str, Advice] = MappingProxyType(
    {
        name.removeprefix("most_"): advice
        for name, setting in Limits.model_fields.items()
        for advice in setting.metadata
        if isinstance(advice, Advice)
    }
    | dict(UNSET)
)
"""The advice by the name of a limit, as `require` takes it."""


class OverLimit(NamedTuple):
    """A limit that a request exceeds, with the figures for the client."""

    advice: Advice
    limit: str
    asked: int
    most: int

    @classmethod
    def from_problem(cls, problem: OperationTooComplex) -> "OverLimit":
        told = problem.extensions
        return cls(problem.advice, told["limit"], told["asked"], told["most"])

    def problem(self) -> OperationTooComplex:
        """Return a new exception: one that is raised repeatedly collects tracebacks."""
        return OperationTooComplex(
            self.advice, limit=self.limit, asked=min(self.asked, MOST_TOLD), most=self.most
        )


def find_over_limit(limit: str, asked: int, most: int) -> OverLimit:
    return OverLimit(ADVICE[limit], limit.removeprefix("stranger_"), asked, most)


def require(limit: str, asked: int, most: int) -> None:
    """Raise OperationTooComplex if the limit is exceeded.

    limit: A key of ADVICE. Clients get it without the prefix `stranger_`.
    """
    if asked > most:
        raise find_over_limit(limit, asked, most).problem()


def require_one_try(fields: list[str]) -> None:
    """Raise OperationTooComplex, which names the first field, if several root fields try a
    password."""
    if len(fields) > 1:
        raise OverLimit(ADVICE["password"], fields[0], len(fields), 1).problem()
