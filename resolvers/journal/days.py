"""The days a diary or a journal is of: the school's own week, unless others are asked for."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, cast, func

from auth.actor import Actor, Viewer
from models.problems import BadUserInput
from resolvers.core.parameters import Arg


def days(viewer: Viewer, from_: Arg[date] | None, to: Arg[date] | None) -> tuple[Any, Any]:
    """The first and the last of them, in SQL: from Monday of this week unless said otherwise, and
    a week unless said otherwise."""
    first: Any = cast(func.date_trunc("week", viewer.today), Date) if from_ is None else from_
    return first, first + 6 if to is None else to


def bounded(longest: int) -> Callable[..., None]:
    """A check of theirs: raises BadUserInput for a time that ends before it begins, or is too
    long. A week is neither, though it may end beyond what Python can count."""

    def check(actor: Actor, from_: date | None = None, to: date | None = None, **_: Any) -> None:
        first = from_ or actor.today - timedelta(days=actor.today.weekday())
        if to is not None and not 0 <= (to - first).days < longest:
            told = f"a day not before `from`, at most {longest} days"
            raise BadUserInput(field="to", expected=told)

    return check
