"""Changes of a single row: a command creates it, corrects what people mistype, or removes it while
nothing refers to it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import delete, exists, select

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import OfSchool, target_of
from models.problems import Conflict, NotFound
from models.school.schools import School
from resolvers.core.changes import Change
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.core.news import table_of
from resolvers.core.row_writes import compute_values, insert_row, only_sent, update_rows

R = TypeVar("R", bound=OfSchool)


def target_of_school(viewer: Viewer, right: Right) -> Target:
    """Return the target of the school itself: the viewer must hold a right in all of it. Its guard
    raises Forbidden."""
    return target_by_id(viewer, School, viewer.school_id, None, to=right, lock=Lock.NONE)


def require_seen(
    viewer: Viewer, target: Target, named: Mapping[str, tuple[type[OfSchool], Any]]
) -> Target:
    """Add the guards that the viewer sees the rows to which a new row refers.

    named: The row type and the key by the name of the argument; the key is None for no reference.
    """
    for field, (row, key) in named.items():
        if key is not None:
            found = visible(viewer, row).where(row.id == key).with_only_columns(row.id)
            target = target.needs(exists(found), NotFound, field)
    return target


def create_row(
    viewer: Viewer, row: type[R], target: Target, values: Mapping[str, Any]
) -> Change[R]:
    """Create a row under the guards of a target.

    values: Its columns: arguments, or SQL over the rows of the target.
    """
    line, new = compute_values(target, row, values)
    return Change(row, target, insert_row(viewer, row, line, new), is_whole=True)


def target_to_correct(
    viewer: Viewer, row: type[OfSchool], key: Any, field: str, version: Any, *, to: Right
) -> Target:
    """Return the target of a row that a command corrects, locked. Its guards raise NotFound,
    Forbidden or Conflict.

    key: The argument that names it, called `field`.
    version: The argument `expected_version`.
    """
    found = target_by_id(viewer, row, key, field, to=to, lock=Lock.WRITE)
    return found.needs(row.version == version, Conflict, field, current=row.id)


def correct_row(
    viewer: Viewer, row: type[R], target: Target, version: Any, values: Mapping[str, Any]
) -> Change[R]:
    """Update the columns of a row that the client sent.

    target: The row, as `target_to_correct` returns it.
    values: The columns: arguments, or SQL over the rows of the target; KEEP for those that stay.
    """
    line, new = compute_values(target, row, only_sent(**values), row.id)
    done = update_rows(viewer, row, line.c.id, new, version=version)
    return Change(row, target, done, is_whole=True)


def remove_row(
    viewer: Viewer, row: type[OfSchool], target: Target, version: Any, *, of: Any = None
) -> Change[Any]:
    """Delete a row to which nothing refers. The command returns the row that it belonged to.

    target: The row, as `target_to_correct` returns it. Declare the command with `removes`.
    of: The column that refers to the row it belonged to; None for the school.
    """
    line, table = target.line(row.id), table_of(row)
    gone = delete(table).where(
        table.c.school_id == viewer.school_id,
        table.c.id == line.c.id,
        table.c.version == version,
    )
    removed = gone.returning(*table.c).cte("removed")
    key = removed.c.school_id if of is None else removed.c[of.key]
    done = select(key.label("id")).cte("left_behind")
    return Change(School if of is None else target_of(of), target, done)
