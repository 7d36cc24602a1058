"""Recording in the audit log who read specially protected data, and of whom."""

from auth.policy import audited
from models.base import Id, target_of
from resolvers.core.audit_details import Details
from resolvers.core.audit_entries import write_entry
from resolvers.core.context import Ctx, set_school
from resolvers.core.news import SpecialReads

READ = "read"
"""The action of an audit entry about a special read."""


async def record_special_reads(ctx: Ctx) -> None:
    """Record the special reads of the operation in one audit entry, before the answer is sent:
    else a failure to record would leave the reading without a trace."""
    read = {row: keys for row, keys in ctx.read_specially.items() if keys}
    if not read:
        return
    ctx.caller.services.availability.require(writing=True)
    school_id = ctx.actor.school_id
    await ctx.session.rollback()
    await set_school(ctx.session, school_id)
    await write_entry(ctx, school_id, READ, read=read, details=describe_reads(school_id, read))
    await ctx.session.commit()
    ctx.read_specially.clear()


def describe_reads(school_id: int, read: SpecialReads) -> Details:
    """Return the types of the records that were read, with the ids of the persons."""
    found: Details = []
    for row in sorted(read, key=lambda row: row.api_name()):
        owner = target_of(audited[row])
        ids = [str(Id(owner, school_id, key)) for key in sorted(read[row])]
        found.append({"name": row.api_name(), "values": ids})
    return found
