"""The days of a diary or a journal: the current week, unless the arguments say otherwise."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, cast, func

from auth.actor import Actor, Viewer
from models.problems import BadUserInput
from resolvers.core.parameters import Arg


def first_and_last_day(
    viewer: Viewer, from_: Arg[date] | None, to: Arg[date] | None
) -> tuple[Any, Any]:
    """Return the first and the last day, in SQL. The defaults are Monday of this week, and seven
    days from the first."""
    first: Any = cast(func.date_trunc("week", viewer.today), Date) if from_ is None else from_
    return first, first + 6 if to is None else to


def limit_days(longest: int) -> Callable[..., None]:
    """Return a check that raises BadUserInput if the last day is before the first, or there are
    more than `longest` days. The default of `to` needs no check; Python could not even calculate it
    near `date.max`."""

    def check(actor: Actor, from_: date | None = None, to: date | None = None, **_: Any) -> None:
        first = from_ or actor.today - timedelta(days=actor.today.weekday())
        if to is not None and not 0 <= (to - first).days < longest:
            expected = f"a day not before `from`, at most {longest} days"
            raise BadUserInput(field="to", expected=expected)

    return check
