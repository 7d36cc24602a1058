"""Marks of many cells at once: by the guards of one mark, asked of all items in one statement."""

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
    put_marks,
    revised,
    takes_mark,
)
from resolvers.timetable.lessons import now_held

NUMBERS = ("place", "assignment_id", "student_id", "value", "expected_version")
TEXTS = ("kind", "comment", "reason")


def given_items() -> Any:
    """The items as parameters: arrays, a member for each; `place` is that of the item."""
    arrays: dict[str, Any] = {name: BigInteger() for name in NUMBERS}
    arrays |= {name: Text() for name in TEXTS}
    sent = (bindparam(f"item_{name}", type_=ARRAY(type_)) for name, type_ in arrays.items())
    columns = (
        column(name, Mark.kind.type if name == "kind" else type_) for name, type_ in arrays.items()
    )
    return func.unnest(*sent).table_valued(*columns).render_derived(name="items")


def values_of(ctx: Ctx, items: Sequence[MarkItem], places: Iterable[int]) -> dict[str, Any]:
    """The values of the parameters of `given_items`, of the items at some places."""

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


def target_of(viewer: Viewer, items: Any) -> Target:
    """The cells of all items, with the guards of `set_mark`."""
    given = items.c
    target = cell_of(viewer, given.assignment_id, given.student_id, start=items)
    target = takes_mark(viewer, target, given.kind, given.value, given.comment, given.reason)
    return target.expects(Mark, given.expected_version, IN_FORCE)


MOST_KEPT = 100
"""Sets of rights for which the statements of a batch are kept: to build them takes longer than to
run them."""


@lru_cache(MOST_KEPT)
def guards_of_batch(viewer: Viewer) -> tuple[Target, Select[Any]]:
    """The target of a batch, and the statement that tells of each item which guard fails."""
    given = given_items()
    target = target_of(viewer, given)
    return target, target.select_refusal(given.c.place)


@lru_cache(MOST_KEPT)
def writing_of_batch(viewer: Viewer) -> Select[Any]:
    """The statement that puts the marks of a batch."""
    given = given_items()
    order = (Lesson.id, SectionMembership.id)
    line = target_of(viewer, given).line(
        given.c.place, *OF_CELL, given.c.kind, given.c.value, given.c.comment, given.c.reason,
        given.c.expected_version, order=order,
    )  # fmt: skip
    new = {name: line.c[name] for name in ("kind", "value", "comment")}
    done = put_marks(viewer, line, new, line.c.expected_version)
    written = [revised(viewer, done, line, line.c.reason), now_held(viewer, done.c.lesson_id)]
    columns = (done.c.id, done.c.assignment_id, done.c.student_id, done.c.published_at)
    return select(*columns).add_cte(*written)


async def refusals_of(
    ctx: Ctx, items: Sequence[MarkItem], places: Iterable[int] | None = None
) -> dict[int, Mark | Problem]:
    """Why items cannot be put, by their places."""
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
    """The marks of the items at some places, by the places; the problem of an item for which
    somebody else was quicker."""
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
        quicker = await refusals_of(ctx, items, late)
        outcome |= {p: quicker.get(p, Conflict(field="expected_version")) for p in late}
    return outcome
