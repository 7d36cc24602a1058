"""Lists that a client sends, as lines in SQL: a list of input objects is one parameter of JSON, a
list of ids one array.

Their names begin with `given_`. One that is called as a table would hide it: the table would be
compared with itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Select, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB


def items_of(sent: Any, columns: Mapping[str, Any], name: str) -> Any:
    """The input objects of a list, a line each: `place`, from 0, and columns of these types."""
    lines = func.jsonb_array_elements(sent).table_valued(
        column("item", JSONB), with_ordinality="place", name=f"sent_{name}"
    )
    lines = lines.render_derived()
    fields = (cast(lines.c.item[name].astext, type_).label(name) for name, type_ in columns.items())
    return select((lines.c.place - 1).label("place"), *fields).subquery(f"given_{name}")


def keys_of(sent: Any, name: str) -> Any:
    """The ids of a list, a line each: `place`, from 0, and `id`."""
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
