"""Telling the audit log who read specially protected data, and whose."""

from auth.policy import audited
from models.base import Id, target_of
from resolvers.core.context import Ctx, stand_in
from resolvers.core.deeds import told
from resolvers.core.news import SpecialReads
from resolvers.core.trace import Details

READ = "read"
"""The action of an entry that tells of a reading."""


async def told_of_reading(ctx: Ctx) -> None:
    """Record, before the answer goes out, which records of special categories were read in the
    operation: one entry, however many they are."""
    read = {row: keys for row, keys in ctx.read_specially.items() if keys}
    if not read:
        return
    ctx.caller.services.availability.require(writing=True)
    school_id = ctx.actor.school_id
    await ctx.session.rollback()
    await stand_in(ctx.session, school_id)
    await told(ctx, school_id, READ, read=read, details=whose(school_id, read))
    await ctx.session.commit()
    ctx.read_specially.clear()


def whose(school_id: int, read: SpecialReads) -> Details:
    """The kinds of records that were read, and the ids of the persons whose they are."""
    found: Details = []
    for row in sorted(read, key=lambda row: row.api_name()):
        owner = target_of(audited[row])
        ids = [str(Id(owner, school_id, key)) for key in sorted(read[row])]
        found.append({"name": row.api_name(), "values": ids})
    return found
