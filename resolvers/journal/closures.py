"""Closing terms and opening them again."""

from auth.actor import Viewer
from auth.rights import Right
from models.base import Id
from models.journal.closures import JournalClosure
from models.problems import Conflict, PeriodClosed, Problem
from models.school.calendar import Term, TermStatus
from resolvers.core.changes import Change
from resolvers.core.guards import Lock, target_by_id
from resolvers.core.news import table_of
from resolvers.core.parameters import Arg, Logged
from resolvers.core.perform import change
from resolvers.core.row_writes import insert_rows, update_rows
from resolvers.school.calendar import TermNotBegun


@change(Right.JOURNAL_CLOSE, PeriodClosed, TermNotBegun, writes=(), keeps_rights=True)
def close_term(
    viewer: Viewer, *, term_id: Logged[Arg[Id[Term]]], expected_version: Arg[int]
) -> Change[Logged[Term]]:
    """Close a term: its marks and attendance cannot be changed any more (закрытие периода).
    Commands that are writing at this moment finish first.

    term_id: The term, which must have begun.
    """
    field, key = "term_id", Term.id
    begun, begins = Term.starts_on <= viewer.today, Term.starts_on
    target = (
        target_by_id(viewer, Term, term_id, field, to=Right.JOURNAL_CLOSE, lock=Lock.NONE)
        .needs(Term.status != TermStatus.CLOSED, PeriodClosed, field, current=key)
        .needs(begun, TermNotBegun, field, current=key, begins=begins)
        .needs(Term.version == expected_version, Conflict, field, current=key)
    )
    line = target.line(Term.id)
    closed = {"status": TermStatus.CLOSED}
    done = update_rows(viewer, Term, line.c.id, closed, version=expected_version)
    who = {"term_id": done.c.id, "closed_by_id": viewer.person_id, "closed_at": viewer.now}
    closure = insert_rows(viewer, JournalClosure, done, who)
    return Change(Term, target, done, also=[closure], is_whole=True)


class TermIsOpen(Problem):
    """The term is not closed."""

    russian = "Период не закрыт."


@change(Right.JOURNAL_CLOSE, TermIsOpen, writes=(JournalClosure,), keeps_rights=True)
def reopen_term(
    viewer: Viewer,
    *,
    term_id: Logged[Arg[Id[Term]]],
    expected_version: Arg[int],
    reason: Arg[str],
) -> Change[Logged[Term]]:
    """Reopen a closed term, for a reason that stays on record.

    term_id: The term.
    reason: The reason, 1..1000 characters.
    """
    field, key = "term_id", Term.id
    target = (
        target_by_id(viewer, Term, term_id, field, to=Right.JOURNAL_CLOSE, lock=Lock.NONE)
        .needs(Term.status == TermStatus.CLOSED, TermIsOpen, field, current=key)
        .needs(Term.version == expected_version, Conflict, field, current=key)
    )
    line = target.line(Term.id)
    opened = {"status": TermStatus.OPEN}
    done = update_rows(viewer, Term, line.c.id, opened, version=expected_version)
    who = {"reopened_at": viewer.now, "reopened_by_id": viewer.person_id, "reason": reason}
    last = [table_of(JournalClosure).c.reopened_at.is_(None)]
    closure = update_rows(
        viewer, JournalClosure, done.c.id, who, by="term_id", where=last, name="closure"
    )
    return Change(Term, target, done, also=[closure], is_whole=True)
