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
"""The names of WITH queries about the viewer: keys that they reach."""
ONE_ROW = {"done", "head", "news"}
"""WITH queries of a command that have one row."""
LISTED = (exp.Array, exp.In, exp.Any, exp.CTE, exp.From, exp.Join)
"""Nodes in which a subquery gives a set, which the expression around it ties."""


def find_untied(sql: str, *, is_report: bool = False) -> Iterator[str]:
    """Yield the SELECTs of a statement that are not tied, each with the reason.

    is_report: Whether its outermost subqueries are lists of a report. Arguments tie those.
    """
    for select in sqlglot.parse_one(sql, dialect="postgres").find_all(exp.Select):
        items = {item.alias_or_name: item for item in list_items(select)}
        outer = list(list_outer(select))
        around_it = {item.alias_or_name for one in outer for item in list_items(one)}
        alone = not list_free_names(select)
        by_itself = alone and (isinstance(skip_parentheses(select), LISTED) or is_named(select))
        for name in set() if by_itself else items.keys() & around_it:
            yield f"{name} of the outer row is read again: {describe(select)}"
        for name in find_apart(select, items):
            yield f"{name} is joined to nothing: {describe(select)}"
        of_row = len(outer) > 2 * is_report and is_asked_of_rows(outer[0])
        if of_row and alone and not by_itself and is_value(select, items):
            yield f"the value is the same for all rows: {describe(select)}"


def describe(select: Any) -> str:
    return str(select.sql("postgres"))[:400]


def list_items(select: Any) -> Iterator[Any]:
    """Yield the FROM items of a SELECT, without those of its subqueries."""
    if first := select.args.get("from_"):
        yield from list_nested(first.this)
    for join in select.args.get("joins") or ():
        yield from list_nested(join.this)
    yield from select.args.get("laterals") or ()


def list_nested(item: Any) -> Iterator[Any]:
    """Yield a FROM item, and those joined to it in parentheses."""
    yield item.this if isinstance(item, exp.Paren) else item
    for join in item.args.get("joins") or ():
        yield from list_nested(join.this)


def skip_parentheses(node: Any) -> Any:
    """Return the expression around a subquery, without its parentheses."""
    found = node.parent
    while isinstance(found, exp.Subquery | exp.Paren | exp.SetOperation):
        found = found.parent
    return found


def list_outer(select: Any) -> Iterator[Any]:
    """Yield the SELECTs whose rows a SELECT can refer to. A plain FROM item and a WITH query see
    none."""
    while not isinstance(skip_parentheses(select), exp.From | exp.Join | exp.CTE):
        if (select := select.find_ancestor(exp.Select)) is None:
            return
        yield select


def is_asked_of_rows(select: Any) -> bool:
    """Return whether its rows come from tables, and not from pages that are already built."""
    return any(
        isinstance(item, exp.Table) and item.name not in ONE_ROW for item in list_items(select)
    )


def is_value(select: Any, items: dict[str, Any]) -> bool:
    """Return whether a subquery gives one value, about other things than the viewer."""
    of_tables = any(not OF_VIEWER.fullmatch(name) for name in items)
    return of_tables and not isinstance(skip_parentheses(select), LISTED)


def is_named(select: Any) -> bool:
    """Return whether it asks for the row whose id an argument of the request gives."""
    return any(
        isinstance(one, exp.EQ)
        and one.this.name == "id"
        and not one.expression.find(exp.Column)
        and one.expression.find(exp.Parameter)
        for one in list_conditions(select)
    )


def list_columns(node: Any) -> set[str]:
    return {column.table for column in node.find_all(exp.Column) if column.table}


def list_free_names(select: Any) -> set[str]:
    """Return the names that a SELECT refers to but does not declare."""
    inner = {item.alias_or_name for one in select.find_all(exp.Select) for item in list_items(one)}
    return list_columns(select) - inner


def list_conditions(select: Any) -> Iterator[Any]:
    """Yield the conditions in WHERE and ON of a SELECT, one by one."""
    places = [select.args.get("where")]
    places += [join.args.get("on") for join in select.find_all(exp.Join)
               if join.find_ancestor(exp.Select) is select]  # fmt: skip
    for place in places:
        condition = place.this if isinstance(place, exp.Where) else place
        if condition is not None:
            yield from condition.flatten() if isinstance(condition, exp.And) else [condition]


def find_apart(select: Any, items: dict[str, Any]) -> set[str]:
    """Return the FROM items that nothing ties to the first: neither a condition, nor a key that is
    given from outside, nor a reference of a LATERAL item."""
    tied: dict[str, set[str]] = defaultdict(set)
    for condition in list_conditions(select):
        used = list_columns(condition) & items.keys()
        given = isinstance(condition, exp.EQ | exp.In) and any(
            column.name.endswith("id") and column.name != "school_id"
            for column in condition.find_all(exp.Column)
        )
        join(tied, used | ({"given"} if given else set()))
    for name, item in items.items():
        join(tied, (list_columns(item) & items.keys()) | {name})
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
