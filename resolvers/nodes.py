"""Any row by its id alone."""

from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.context import Ctx

MOST = 100


async def find_node(ctx: Ctx, *, id: Id[OfSchool]) -> OfSchool | None:
    """The row with this id; null if there is none or it is not for you.

    id: The id of anything.
    """
    return await ctx.find(id)


async def find_nodes(ctx: Ctx, *, ids: list[Id[OfSchool]]) -> list[OfSchool | None]:
    """The rows with these ids, in their order; null in the place of what there is not for you.

    ids: Ids of anything, at most 100.
    """
    if len(ids) > MOST:
        raise BadUserInput(field="ids", expected=f"at most {MOST}")
    return [await ctx.find(one) for one in ids]
