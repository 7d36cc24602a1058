"""The mail: folders, conversations, the address book, and moving letters. `letters` writes
them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import reach, visible
from auth.rights import Right
from models.access.accounts import Account, AccountStatus
from models.base import Id
from models.communication.mail import MailCopy, MailFolder, MailMessage, MailRole
from models.communication.notices import Notice
from models.people.persons import Person
from models.problems import Conflict, NotFound, Problem
from resolvers.communication.notices import matches_words
from resolvers.communication.receipts import a_year_before, is_unread
from resolvers.core.changes import Change
from resolvers.core.guards import Lock, target_by_id
from resolvers.core.listing import Direction, Listing, Ordering
from resolvers.core.news import table_of
from resolvers.core.parameters import Arg, Search
from resolvers.core.perform import change
from resolvers.core.reads import Report, Scalar, reads
from resolvers.core.row_writes import update_rows
from resolvers.core.searching import is_one_of, persons_named
from resolvers.core.shapes import Own, Plain

ORDERS: Mapping[str, Plain] = {"at": Own("at")}
THREAD_ORDERS: Mapping[str, Plain] = {"sent_at": Own("sent_at")}
RECIPIENT_ORDERS: Mapping[str, Plain] = {"full_name": Own("sort_key")}


class WrongFolder(Problem):
    """A letter goes to the trash, the archive unless it is a draft, or back to where it is from:
    INBOX if received, SENT if sent, DRAFTS if a draft; choose one of these."""

    russian = (
        "Письмо можно убрать в корзину, в архив (кроме черновика) или вернуть туда, откуда оно: "
        "INBOX для полученного, SENT для отправленного, DRAFTS для черновика."
    )


def is_recipient(viewer: Viewer, copy: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = copy.role != MailRole.FROM
    return found


def find_mailbox(
    viewer: Viewer,
    *,
    folder: MailFolder = MailFolder.INBOX,
    search: Arg[Search] | None = None,
    since: Arg[datetime] | None = None,
) -> Listing[MailCopy]:
    """Your own mail in a folder, the newest first (почта). Nobody has a right to the mail of
    others.

    folder: The folder.
    search: Words in subject or text, in any form: `"контрольная работа" -физика`; at most 200
        characters. It searches the last year unless `since` is given.
    since: Only letters sent or received at this time or later.
    """
    where = [MailCopy.folder == folder]
    if search is not None:
        where.append(letter_matches(viewer, MailCopy, search))
    if search is not None or since is not None:
        where.append(MailCopy.at >= (since if since is not None else a_year_before(viewer)))
    return Listing(MailCopy, (Ordering("at", ORDERS["at"], Direction.DESC),), tuple(where))


def letter_matches(viewer: Viewer, copy: Any, search: Arg[Search]) -> ColumnElement[bool]:
    """Return the condition that the letter of a copy contains the words. A scalar subquery makes
    PostgreSQL test the letters in the order of the list, until the page is full."""
    letter = aliased(MailMessage)
    found = select(matches_words(letter.words, search)).where(
        letter.school_id == viewer.school_id, letter.id == copy.message_id
    )
    return found.correlate(copy).scalar_subquery()


def find_mail_thread(viewer: Viewer, *, message_id: Arg[Id[MailMessage]]) -> Listing[MailMessage]:
    """A conversation, as far as the viewer holds its letters, the oldest first (переписка).

    message_id: Any letter of it that the viewer holds.
    """
    named = visible(viewer, MailMessage).where(MailMessage.id == message_id)
    begun = func.coalesce(MailMessage.thread_id, MailMessage.id)
    first = named.with_only_columns(begun).correlate(None).scalar_subquery()
    same = or_(MailMessage.id == first, MailMessage.thread_id == first)
    order = (Ordering("sent_at", THREAD_ORDERS["sent_at"]),)
    return Listing(MailMessage, order, (same, MailMessage.sent_at.is_not(None)))


@reads(Right.MAIL_WRITE)
def find_mail_recipients(viewer: Viewer, *, search: Arg[Search] | None = None) -> Listing[Person]:
    """The people whom the viewer may write to and who can sign in, in Russian order of names
    (адресная книга).

    search: Beginnings of words of the name, in any order: `мар иван`; spelling variants of a name
        are found, too.
    """
    account = aliased(Account)
    active = select(account.id).where(
        account.school_id == viewer.school_id,
        account.person_id == Person.id,
        account.status == AccountStatus.ACTIVE,
    )
    where = [
        reach(viewer, Person, Right.MAIL_WRITE),
        exists(active.correlate(Person)),
        Person.id != viewer.person_id,
    ]
    if search is not None:
        where.append(is_one_of(Person.id, persons_named(viewer, search)))
    order = (Ordering("full_name", RECIPIENT_ORDERS["full_name"]),)
    return Listing(Person, order, tuple(where))


@dataclass(frozen=True)
class UnreadCounts(Report):
    """The numbers of notices and letters that the viewer has not read (непрочитанное).

    notices: Current notices that address the viewer and that they have not read.
    mail: Letters in the viewer's inbox that they have not read.
    """

    rights_to: ClassVar = {"notices": Right.NOTICES_READ, "mail": Right.MAIL_USE}

    notices: Scalar[int]
    mail: Scalar[int]


def count_unread(viewer: Viewer) -> UnreadCounts:
    """The numbers of notices and letters that the viewer has not read."""
    inbox = (MailCopy.folder == MailFolder.INBOX, MailCopy.read_at.is_(None))
    return UnreadCounts(
        notices=count_of(viewer, Notice, is_unread(viewer, Notice)),
        mail=count_of(viewer, MailCopy, *inbox),
    )


def count_of(viewer: Viewer, row: Any, *where: ColumnElement[bool]) -> Scalar[int]:
    rows = visible(viewer, row).where(*where)
    return Scalar(rows.with_only_columns(func.count()).scalar_subquery())


# -- changing copies ------------------------------------------------------------------


@change(Right.MAIL_USE, writes=(), private=True, keeps_rights=True, repeatable=True)
def mark_mail_read(viewer: Viewer, *, mail_copy_id: Arg[Id[MailCopy]]) -> Change[MailCopy]:
    """Record that you have read a letter. Repeating it changes nothing: the first time counts.

    mail_copy_id: Your own copy of the letter.
    """
    target = target_by_id(viewer, MailCopy, mail_copy_id, "mail_copy_id", lock=Lock.NONE)
    line = target.line(MailCopy.id)
    unread = [table_of(MailCopy).c.read_at.is_(None)]
    read = update_rows(viewer, MailCopy, line.c.id, {"read_at": viewer.now}, where=unread)
    return Change(MailCopy, target, line, also=[read])


HOME: ColumnElement[Any] = case(
    (MailCopy.role != MailRole.FROM, MailFolder.INBOX.name),
    (MailMessage.sent_at.is_not(None), MailFolder.SENT.name),
    else_=MailFolder.DRAFTS.name,
)
"""The folder of a copy that was not moved."""


@change(Right.MAIL_USE, WrongFolder, writes=(), private=True, keeps_rights=True)
def move_mail(
    viewer: Viewer,
    *,
    mail_copy_id: Arg[Id[MailCopy]],
    expected_version: Arg[int],
    folder: Arg[MailFolder],
) -> Change[MailCopy]:
    """Move your own copy of a letter into the archive or the trash, or back to its folder. The
    copies of others stay where they are.

    mail_copy_id: Your own copy of the letter.
    folder: TRASH, ARCHIVE unless it is a draft, or the folder it is from: INBOX for a letter
        received, SENT for one sent, DRAFTS for a draft.
    """
    field = "mail_copy_id"
    of_copy = and_(
        MailMessage.school_id == MailCopy.school_id, MailMessage.id == MailCopy.message_id
    )
    fits = or_(
        folder == MailFolder.TRASH,
        folder == HOME,
        and_(folder == MailFolder.ARCHIVE, HOME.is_distinct_from(MailFolder.DRAFTS.name)),
    )
    target = (
        target_by_id(viewer, MailCopy, mail_copy_id, field, lock=Lock.NONE)
        .join(MailMessage, of_copy, missing=NotFound, field=field, lock=Lock.NONE)
        .needs(fits, WrongFolder, "folder")
        .needs(MailCopy.version == expected_version, Conflict, field, current=MailCopy.id)
    )
    line = target.line(MailCopy.id)
    done = update_rows(viewer, MailCopy, line.c.id, {"folder": folder}, version=expected_version)
    return Change(MailCopy, target, done, is_whole=True)
