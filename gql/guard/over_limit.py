"""Refusals of requests that are over a limit."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from gql.guard.limits import Limits
from models.problems import Advice, OperationTooComplex

MOST_TOLD = 2**31 - 1
"""The greatest `Int` of GraphQL. Fragments that spread fragments multiply beyond any number."""
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
"""Of limits that are no settings."""
ADVICE: Mapping[str, Advice] = MappingProxyType(
    {
        name.removeprefix("most_"): advice
        for name, setting in Limits.model_fields.items()
        for advice in setting.metadata
        if isinstance(advice, Advice)
    }
    | dict(UNSET)
)
"""By the name of a limit, as `require` takes it."""


class OverLimit(NamedTuple):
    """A limit that a request is over, as the client is told of it."""

    advice: Advice
    limit: str
    asked: int
    most: int

    @classmethod
    def of(cls, problem: OperationTooComplex) -> "OverLimit":
        told = problem.extensions
        return cls(problem.advice, told["limit"], told["asked"], told["most"])

    def problem(self) -> OperationTooComplex:
        """A new one each time: one that is raised again and again keeps where it was raised."""
        return OperationTooComplex(
            self.advice, limit=self.limit, asked=min(self.asked, MOST_TOLD), most=self.most
        )


def over_limit(limit: str, asked: int, most: int) -> OverLimit:
    return OverLimit(ADVICE[limit], limit.removeprefix("stranger_"), asked, most)


def require(limit: str, asked: int, most: int) -> None:
    """Raises OperationTooComplex if more is asked than may be.

    limit: A key of ADVICE. Strangers are told the name that it has for all.
    """
    if asked > most:
        raise over_limit(limit, asked, most).problem()


def require_one_try(fields: list[str]) -> None:
    """Raises OperationTooComplex if more than one root field tries a password: it names the first
    of them."""
    if len(fields) > 1:
        raise OverLimit(ADVICE["password"], fields[0], len(fields), 1).problem()
