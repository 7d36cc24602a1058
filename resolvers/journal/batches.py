"""Setting marks in many cells: one statement evaluates the guards of `set_mark` for all items,
another writes the marks."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, bindparam, column, func, select

from auth.actor import Viewer
from models.base import Id
from models.events import EventKind
from models.journal.marks import Mark
from models.problems import Conflict, Problem
from models.structure.sections import SectionMembership
from models.timetable.lessons import Lesson
from resolvers.core.context import Ctx
from resolvers.core.guards import Target
from resolvers.core.news import Fact
from resolvers.journal.cells import cell_of
from resolvers.journal.writing import (
    IN_FORCE,
    OF_CELL,
    MarkItem,
    insert_revision,
    put_marks,
    require_mark_fits,
)
from resolvers.timetable.lessons import mark_held

NUMBERS = ("place", "assignment_id", "student_id", "value", "expected_version")
TEXTS = ("kind", "comment", "reason")


def unnest_items() -> Any:
    """SELECT the items from parameters, which are arrays with a member for each; `place` is the
    item's index."""
    arrays: dict[str, Any] = {name: BigInteger() for name in NUMBERS}
    arrays |= {name: Text() for name in TEXTS}
    sent = (bindparam(f"item_{name}", type_=ARRAY(type_)) for name, type_ in arrays.items())
    columns = (
        column(name, Mark.kind.type if name == "kind" else type_) for name, type_ in arrays.items()
    )
    return func.unnest(*sent).table_valued(*columns).render_derived(name="items")


def values_of(ctx: Ctx, items: Sequence[MarkItem], places: Iterable[int]) -> dict[str, Any]:
    """Return the parameters of `unnest_items` for the items at some places."""

    def key(one: Id[Any]) -> int:
        return one.key if one.school_id == ctx.actor.school_id else 0

    lines = [
        (place, key(one.assignment_id), key(one.student_id), one.value, one.expected_version,
         one.kind.name, one.comment, one.reason)
        for place in places
        for one in [items[place]]
    ]  # fmt: skip
    arrays = zip(*lines, strict=True) if lines else [()] * len((*NUMBERS, *TEXTS))
    names = (f"item_{name}" for name in (*NUMBERS, *TEXTS))
    return {name: list(array) for name, array in zip(names, arrays, strict=True)}


def target_of_batch(viewer: Viewer, items: Any) -> Target:
    """Return the cells of all items, with the guards of `set_mark`."""
    given = items.c
    target = cell_of(viewer, given.assignment_id, given.student_id, start=items)
    target = require_mark_fits(viewer, target, given.kind, given.value, given.comment, given.reason)
    return target.expects(Mark, given.expected_version, IN_FORCE)


MOST_CACHED = 100
"""Sets of rights for which the statements of a batch are cached: building them takes longer than
running them."""


@lru_cache(MOST_CACHED)
def guards_of_batch(viewer: Viewer) -> tuple[Target, Select[Any]]:
    """Return the target of a batch, and the statement that finds for each item the guard that
    fails."""
    given = unnest_items()
    target = target_of_batch(viewer, given)
    return target, target.select_refusal(given.c.place)


@lru_cache(MOST_CACHED)
def writing_of_batch(viewer: Viewer) -> Select[Any]:
    """Return the statement that sets the marks of a batch."""
    given = unnest_items()
    order = (Lesson.id, SectionMembership.id)
    line = target_of_batch(viewer, given).line(
        given.c.place, *OF_CELL, given.c.kind, given.c.value, given.c.comment, given.c.reason,
        given.c.expected_version, order=order,
    )  # fmt: skip
    new = {name: line.c[name] for name in ("kind", "value", "comment")}
    done = put_marks(viewer, line, new, line.c.expected_version)
    written = [
        insert_revision(viewer, done, line, line.c.reason),
        mark_held(viewer, done.c.lesson_id),
    ]
    columns = (done.c.id, done.c.assignment_id, done.c.student_id, done.c.published_at)
    return select(*columns).add_cte(*written)


async def find_refusals(
    ctx: Ctx, items: Sequence[MarkItem], places: Iterable[int] | None = None
) -> dict[int, Mark | Problem]:
    """Return the problems of the items that cannot be set, by their places."""
    target, statement = guards_of_batch(ctx.viewer)
    asked = range(len(items)) if places is None else places
    values = {**ctx.actor.values, **values_of(ctx, items, asked)}
    lines = await ctx.session.execute(statement, values)
    found: dict[int, Mark | Problem] = {}
    for place, *line in lines:
        if failed := target.find_failure(line):
            _, problem, current = failed
            if current is not None:
                problem.current = Mark(school_id=ctx.actor.school_id, id=current)
            found[place] = problem
    return found


async def put_batch(
    ctx: Ctx, items: Sequence[MarkItem], places: Sequence[int]
) -> dict[int, Mark | Problem]:
    """Set the marks of the items at some places. Return them by their places, or the problem of an
    item that lost to another command."""
    if not places:
        return {}
    found = await ctx.session.execute(
        writing_of_batch(ctx.viewer), {**ctx.actor.values, **values_of(ctx, items, places)}
    )
    at = {(items[p].assignment_id.key, items[p].student_id.key): p for p in places}
    outcome: dict[int, Mark | Problem] = {}
    for key, assignment, student, published in found:
        mark = Mark(school_id=ctx.actor.school_id, id=key)
        outcome[at[assignment, student]] = mark
        ctx.announce(Fact(EventKind.MARK_SET, mark, student))
        if published > ctx.actor.now:
            ctx.announce(Fact(EventKind.MARK_SET, mark, student, due_at=published))
    if late := [place for place in places if place not in outcome]:
        quicker = await find_refusals(ctx, items, late)
        outcome |= {p: quicker.get(p, Conflict(field="expected_version")) for p in late}
    return outcome
