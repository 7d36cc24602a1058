"""Any row by its id alone."""

from auth.actor import Actor, Viewer
from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.core.parameters import Anything, Arg
from resolvers.core.reads import Each, Row, reads

MOST = 100


def find_node(viewer: Viewer, *, id: Arg[Id[OfSchool]]) -> Row[OfSchool]:
    """The row with this id; null if there is none or it is not for you.

    id: The id of anything.
    """
    return row_of(id)  # type: ignore[arg-type]  # of any row it is told which


def row_of(one: Anything) -> Row[OfSchool]:
    return Row(one.row, (one.row.id == one.key,))


def checked(actor: Actor, ids: list[Id[OfSchool]]) -> None:
    """Raises BadUserInput for too many."""
    if len(ids) > MOST:
        raise BadUserInput(field="ids", expected=f"at most {MOST}")


@reads(check=checked)
def find_nodes(viewer: Viewer, *, ids: list[Arg[Id[OfSchool]]]) -> Each:
    """The rows with these ids, in their order; null in the place of what there is not for you.

    ids: Ids of anything, at most 100.
    """
    return Each(ids)  # type: ignore[arg-type]  # of any row it is told which
