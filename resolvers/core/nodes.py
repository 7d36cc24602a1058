"""Rows by their global ids: `node` and `nodes`."""

from auth.actor import Actor, Viewer
from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.core.parameters import Anything, Arg
from resolvers.core.reads import Row, RowsByIds, reads

MOST = 100


def find_node(viewer: Viewer, *, id: Arg[Id[OfSchool]]) -> Row[OfSchool]:
    """The row with this id; null if it does not exist or you may not read it.

    id: The id of anything.
    """
    return row_of(id)  # type: ignore[arg-type]  # a row type is known only from the id


def row_of(one: Anything) -> Row[OfSchool]:
    return Row(one.row, (one.row.id == one.key,))


def check_count(actor: Actor, ids: list[Id[OfSchool]]) -> None:
    """Raise BadUserInput for too many ids."""
    if len(ids) > MOST:
        raise BadUserInput(field="ids", expected=f"at most {MOST}")


@reads(check=check_count)
def find_nodes(viewer: Viewer, *, ids: list[Arg[Id[OfSchool]]]) -> RowsByIds:
    """The rows with these ids, in their order; null for a row that does not exist or that you may
    not read.

    ids: Ids of anything, at most 100.
    """
    return RowsByIds(ids)  # type: ignore[arg-type]  # a row type is known only from the id
