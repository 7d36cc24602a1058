"""Lists that a client sends, as table functions: a list of input objects is one parameter of JSON,
a list of ids one array.

The names of the subqueries begin with `given_`. A subquery named like a table would hide the table,
which then would be compared with itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Select, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB


def items_of(sent: Any, columns: Mapping[str, Any], name: str) -> Any:
    """SELECT a line for each input object of a list: `place`, from 0, and the columns."""
    lines = func.jsonb_array_elements(sent).table_valued(
        column("item", JSONB), with_ordinality="place", name=f"sent_{name}"
    )
    lines = lines.render_derived()
    fields = (cast(lines.c.item[name].astext, type_).label(name) for name, type_ in columns.items())
    return select((lines.c.place - 1).label("place"), *fields).subquery(f"given_{name}")


def keys_of(sent: Any, name: str) -> Any:
    """SELECT a line for each id of a list: `place`, from 0, and `id`."""
    lines = func.unnest(sent).table_valued(
        column("id", BigInteger), with_ordinality="place", name=f"sent_{name}"
    )
    lines = lines.render_derived()
    return select((lines.c.place - 1).label("place"), lines.c.id).subquery(f"given_{name}")


def each_once(keys: Any) -> Select[Any]:
    """SELECT the ids of `keys_of`, each once, with its `position` among them, from 0."""
    first = func.min(keys.c.place)
    position = (func.row_number().over(order_by=first) - 1).label("position")
    return select(keys.c.id, position).group_by(keys.c.id)
