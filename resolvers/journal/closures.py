"""Closing terms and opening them again."""

from sqlalchemy import select

from auth.rights import Right
from models.base import Id
from models.journal.closures import JournalClosure
from models.problems import PeriodClosed, Problem
from models.school.calendar import Term, TermStatus
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.parameters import Logged
from resolvers.school.calendar import TermNotBegun


@command(Right.JOURNAL_CLOSE, PeriodClosed, TermNotBegun)
async def close_term(ctx: Ctx, *, term_id: Logged[Id[Term]], expected_version: int) -> Logged[Term]:
    """Close a term: its marks and attendance cannot be changed any more (закрытие периода). Whoever
    is writing at this moment is waited for.

    term_id: The term; one that has begun.
    """
    term = await ctx.get(term_id, to=Right.JOURNAL_CLOSE, version=expected_version)
    if term.status is TermStatus.CLOSED:
        raise PeriodClosed(of=term_id, current=term)
    if ctx.actor.today < term.starts_on:
        raise TermNotBegun(of=term_id, current=term, begins=term.starts_on)
    term.status = TermStatus.CLOSED
    ctx.session.add(
        JournalClosure(term_id=term.id, closed_by_id=ctx.actor.person_id, closed_at=ctx.actor.now)
    )
    return term


class TermIsOpen(Problem):
    """The term is not closed."""

    russian = "Период не закрыт."


@command(Right.JOURNAL_CLOSE, TermIsOpen)
async def reopen_term(
    ctx: Ctx, *, term_id: Logged[Id[Term]], expected_version: int, reason: str
) -> Logged[Term]:
    """Open a closed term again, for a reason that stays on record.

    term_id: The term.
    reason: Why, 1..1000 characters.
    """
    term = await ctx.get(term_id, to=Right.JOURNAL_CLOSE, version=expected_version)
    if term.status is not TermStatus.CLOSED:
        raise TermIsOpen(of=term_id, current=term)
    term.status = TermStatus.OPEN
    query = select(JournalClosure).where(
        JournalClosure.school_id == term.school_id,
        JournalClosure.term_id == term.id,
        JournalClosure.reopened_at.is_(None),
    )
    for closure in await ctx.session.scalars(query):
        closure.reopened_at, closure.reopened_by_id = ctx.actor.now, ctx.actor.person_id
        closure.reason = reason
    return term
