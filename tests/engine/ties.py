"""Finds parts of a statement that are not tied to the row they are asked for.

A subquery that forgets to correlate gives one number for all rows: SQLAlchemy then reads the table
of the outer row a second time, inside. PostgreSQL runs such a statement without a word.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlglot
from sqlglot import exp

OF_VIEWER = re.compile(r"k\d+")
"""The names of WITH queries that hold what is known of the viewer: keys they reach."""
ONE_ROW = {"done", "head", "news"}
"""WITH queries of a command, of one row."""
LISTED = (exp.Array, exp.In, exp.Any, exp.CTE, exp.From, exp.Join)
"""Where a subquery gives a set, which the expression around it ties."""


def untied(sql: str, *, is_report: bool = False) -> Iterator[str]:
    """The SELECTs of a statement that are not tied, each with the reason.

    is_report: Whether its outermost subqueries are lists of a report. Arguments tie those.
    """
    for select in sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Select):
        items = {item.alias_or_name: item for item in items_of(select)}
        outer = list(outer_of(select))
        around_it = {item.alias_or_name for one in outer for item in items_of(one)}
        alone = not free(select)
        by_itself = alone and (isinstance(around(select), LISTED) or is_named(select))
        for name in set() if by_itself else items.keys() & around_it:
            yield f"{name} of the outer row is read again: {told(select)}"
        for name in apart(select, items):
            yield f"{name} is joined to nothing: {told(select)}"
        of_row = len(outer) > 2 * is_report and is_asked_of_rows(outer[0])
        if of_row and alone and not by_itself and is_value(select, items):
            yield f"the value is the same for all rows: {told(select)}"


def told(select: Any) -> str:
    return str(select.sql("postgres"))[:400]


def items_of(select: Any) -> Iterator[Any]:
    """The FROM items of a SELECT, without those of its subqueries."""
    if first := select.args.get("from_"):
        yield from nested(first.this)
    for join in select.args.get("joins") or ():
        yield from nested(join.this)
    yield from select.args.get("laterals") or ()


def nested(item: Any) -> Iterator[Any]:
    """A FROM item, and those joined to it in parentheses."""
    yield item.this if isinstance(item, exp.Paren) else item
    for join in item.args.get("joins") or ():
        yield from nested(join.this)


def around(node: Any) -> Any:
    """What a subquery stands in, its parentheses aside."""
    found = node.parent
    while isinstance(found, exp.Subquery | exp.Paren | exp.SetOperation):
        found = found.parent
    return found


def outer_of(select: Any) -> Iterator[Any]:
    """The SELECTs whose rows a SELECT can refer to. A plain FROM item and a WITH query see none."""
    while not isinstance(around(select), exp.From | exp.Join | exp.CTE):
        if (select := select.find_ancestor(exp.Select)) is None:
            return
        yield select


def is_asked_of_rows(select: Any) -> bool:
    """Whether its rows are those of tables, not pages that are already put together."""
    return any(
        isinstance(item, exp.Table) and item.name not in ONE_ROW for item in items_of(select)
    )


def is_value(select: Any, items: dict[str, Any]) -> bool:
    """Whether a subquery gives one value, of other things than what is known of the viewer."""
    of_tables = any(not OF_VIEWER.fullmatch(name) for name in items)
    return of_tables and not isinstance(around(select), LISTED)


def is_named(select: Any) -> bool:
    """Whether it asks for the row whose id an argument of the request gives."""
    return any(
        isinstance(one, exp.EQ)
        and one.this.name == "id"
        and not one.expression.find(exp.Column)
        and one.expression.find(exp.Parameter)
        for one in conditions(select)
    )


def columns(node: Any) -> set[str]:
    return {column.table for column in node.find_all(exp.Column) if column.table}


def free(select: Any) -> set[str]:
    """The names a SELECT refers to that it does not declare."""
    inner = {item.alias_or_name for one in select.find_all(exp.Select) for item in items_of(one)}
    return columns(select) - inner


def conditions(select: Any) -> Iterator[Any]:
    """What WHERE and ON of a SELECT require, one by one."""
    places = [select.args.get("where")]
    places += [join.args.get("on") for join in select.find_all(exp.Join)
               if join.find_ancestor(exp.Select) is select]  # fmt: skip
    for place in places:
        condition = place.this if isinstance(place, exp.Where) else place
        if condition is not None:
            yield from condition.flatten() if isinstance(condition, exp.And) else [condition]


def apart(select: Any, items: dict[str, Any]) -> set[str]:
    """The FROM items that nothing ties to the first: neither a condition, nor a key that is given
    from outside, nor a reference of a LATERAL item."""
    tied: dict[str, set[str]] = defaultdict(set)
    for condition in conditions(select):
        used = columns(condition) & items.keys()
        given = isinstance(condition, exp.EQ | exp.In) and any(
            column.name.endswith("id") and column.name != "school_id"
            for column in condition.find_all(exp.Column)
        )
        join(tied, used | ({"given"} if given else set()))
    for name, item in items.items():
        join(tied, (columns(item) & items.keys()) | {name})
    for one in select.args.get("joins") or ():
        if one.args.get("using"):
            join(tied, {next(iter(items)), one.this.alias_or_name})
    reached, left = set(), {next(iter(items), "given"), "given"}
    while left:
        reached |= left
        left = {other for name in left for other in tied[name]} - reached
    return items.keys() - reached - ONE_ROW


def join(tied: dict[str, set[str]], names: set[str]) -> None:
    for name in names:
        tied[name] |= names
