"""Writing letters: drafts and sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, case, func, literal_column, null, or_, select, true, union_all
from sqlalchemy.orm import aliased

from auth.actor import Viewer
from auth.policy import visible
from auth.rights import Right
from models.base import Id
from models.communication.mail import MailAttachment, MailCopy, MailFolder, MailMessage, MailRole
from models.events import EventKind
from models.files.files import File
from models.people.persons import Person
from models.problems import Conflict, Limit, NotFound, Problem
from resolvers.communication.recipients import (
    count_families,
    count_recipients,
    require_reach,
    select_recipients,
)
from resolvers.core.changes import Change, News
from resolvers.core.guards import Lock, Target, target_by_id
from resolvers.core.items import keys_of
from resolvers.core.keep import KEEP
from resolvers.core.parameters import NULL, Arg
from resolvers.core.perform import change
from resolvers.core.row_writes import (
    compute_values,
    insert_row,
    insert_rows,
    only_sent,
    replace_rows,
    to_sql,
    update_rows,
)
from resolvers.files.attachments import (
    NotUploaded,
    check_number,
    insert_attachments,
    replace_attachments,
    with_ready_files,
)


class AlreadySent(Problem):
    """The letter was sent; a sent letter never changes. Write another."""

    russian = "Письмо уже отправлено, отправленное не меняется. Напишите другое."


class NoRecipients(Problem):
    """The letter has no recipients; name at least one in `to`, `cc` or `bcc`."""

    russian = "У письма нет получателей; назовите хотя бы одного в `to`, `cc` или `bcc`."


class DraftVersion(Problem):
    """A draft and its version go together; send both `draftId` and `expectedVersion`, or neither
    for a new letter."""

    russian = (
        "Черновик и его версия идут вместе; пришлите и `draftId`, и `expectedVersion` "
        "или, для нового письма, ни того ни другого."
    )


PROBLEMS = (Limit, AlreadySent, DraftVersion, NotUploaded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The arguments about a letter; KEEP for a value that is left out."""

    to: Any
    cc: Any
    bcc: Any
    subject: Any
    body: Any
    file_ids: Any
    reply_to_id: Any
    group_thread: Any


def check_letter(
    *,
    draft_id: Id[MailMessage] | None = None,
    expected_version: int | None = None,
    file_ids: Sequence[Id[File]] = KEEP,
    **_: Any,
) -> None:
    """Raise DraftVersion if only one of a draft and its version is given."""
    if (draft_id is None) is not (expected_version is None):
        raise DraftVersion(field="expected_version")
    if file_ids is not KEEP:
        check_number(file_ids)


WRITES = (MailMessage,)


@change(
    Right.MAIL_WRITE,
    *PROBLEMS,
    writes=WRITES,
    check=check_letter,
    private=True,
    keeps_rights=True,
)
def save_draft(
    viewer: Viewer,
    *,
    draft_id: Arg[Id[MailMessage]] | None = None,
    expected_version: Arg[int | None] = NULL,
    to: Arg[list[Id[Person]]] = KEEP,
    cc: Arg[list[Id[Person]]] = KEEP,
    bcc: Arg[list[Id[Person]]] = KEEP,
    subject: Arg[str] = KEEP,
    body: Arg[str] = KEEP,
    file_ids: Arg[list[Id[File]]] = KEEP,
    reply_to_id: Arg[Id[MailMessage]] | None = KEEP,
    group_thread: Arg[bool] = KEEP,
    idempotency_key: UUID | None = None,
) -> Change[MailMessage]:
    """Save a letter as a draft (черновик): a new one, or your own draft again. Arguments that are
    left out keep what the draft has. Nobody else sees it.

    draft_id: The draft; null for a new one.
    expected_version: The version of the draft you have seen; null for a new one.
    to: The recipients, as `mailRecipients` offers them.
    cc: People who get a copy, which all recipients see.
    bcc: People who get a copy, which nobody else sees.
    subject: The subject, at most 300 characters.
    body: Plain text, at most 50000 characters.
    file_ids: Files to attach, at most 20, all uploaded by you.
    reply_to_id: The letter it answers, which you must hold; null for none.
    group_thread: Whether families among its recipients see each other; see `sendMail`.
    """
    letter = Letter(
        to=to, cc=cc, bcc=bcc, subject=subject, body=body, file_ids=file_ids,
        reply_to_id=reply_to_id, group_thread=group_thread,
    )  # fmt: skip
    return write_letter(viewer, draft_id, expected_version, letter, sends=False)


@change(
    Right.MAIL_WRITE,
    *PROBLEMS,
    NoRecipients,
    writes=WRITES,
    check=check_letter,
    private=True,
    keeps_rights=True,
)
def send_mail(
    viewer: Viewer,
    *,
    draft_id: Arg[Id[MailMessage]] | None = None,
    expected_version: Arg[int | None] = NULL,
    to: Arg[list[Id[Person]]] = KEEP,
    cc: Arg[list[Id[Person]]] = KEEP,
    bcc: Arg[list[Id[Person]]] = KEEP,
    subject: Arg[str] = KEEP,
    body: Arg[str] = KEEP,
    file_ids: Arg[list[Id[File]]] = KEEP,
    reply_to_id: Arg[Id[MailMessage]] | None = KEEP,
    group_thread: Arg[bool] = KEEP,
    idempotency_key: UUID | None = None,
) -> Change[MailMessage]:
    """Send a letter inside the school, a new one or your own draft (отправить письмо). A person who
    is named twice gets it once. If several families get it, they do not see each other, unless
    `groupThread` allows it.

    draft_id: The draft to send; other arguments replace its values.
    expected_version: The version of the draft you have seen; null without a draft.
    to: The recipients: people whom `mailRecipients` offers, or the writer of the letter answered.
    cc: People who get a copy, which all recipients see.
    bcc: People who get a copy, which nobody else sees.
    subject: The subject, at most 300 characters; empty if left out.
    body: Plain text, at most 50000 characters; empty if left out.
    file_ids: Files to attach, at most 20, all uploaded by you.
    reply_to_id: The letter it answers, which you must hold; null for none.
    group_thread: Whether students and guardians among its recipients see each other.
    """
    letter = Letter(
        to=to, cc=cc, bcc=bcc, subject=subject, body=body, file_ids=file_ids,
        reply_to_id=reply_to_id, group_thread=group_thread,
    )  # fmt: skip
    return write_letter(viewer, draft_id, expected_version, letter, sends=True)


def write_letter(
    viewer: Viewer, draft_id: Any, expected_version: Any, letter: Letter, *, sends: bool
) -> Change[MailMessage]:
    """Write a letter with a copy for each recipient; if it is sent, put the copies into their
    mailboxes.

    draft_id: The draft that is written again; None for a new letter.
    """
    target = target_of_draft(viewer, draft_id, expected_version)
    answered = select_answered(viewer, draft_id, letter)
    if answered is not None and letter.reply_to_id is KEEP:
        target = target.outerjoin(answered, true())
    elif answered is not None:
        target = target.join(
            answered, true(), missing=NotFound, field="reply_to_id", lock=Lock.NONE
        )
    named = {MailRole.TO: letter.to, MailRole.CC: letter.cc, MailRole.BCC: letter.bcc}
    recipients = select_recipients(viewer, draft_id, named)
    target = require_reach(viewer, target, recipients, answered)
    if sends:
        target = target.needs(count_recipients(recipients) > 0, NoRecipients, "to")
    files = None if letter.file_ids is KEEP else keys_of(letter.file_ids, "files")
    if files is not None:
        target = with_ready_files(viewer, target, files)
    new = columns_of(viewer, draft_id, letter, answered)
    if sends:
        shows = new.get("shows_recipients", MailMessage.shows_recipients)
        new["shows_recipients"] = or_(shows, count_families(viewer, recipients) <= 1)
        new["sent_at"] = viewer.now
    done = put_message(viewer, target, draft_id, expected_version, new)
    also = [*put_copies(viewer, done, recipients, draft_id, sends=sends)]
    if files is not None:
        attach = insert_attachments if draft_id is None else replace_attachments
        also += attach(viewer, MailAttachment.message_id, done, files)
    news = []
    if sends:
        persons = select(func.array_agg(recipients.c.id)).scalar_subquery()
        kind = EventKind.MAIL_RECEIVED
        news = [News(kind, done, MailMessage, done.c.id, persons=persons)]
    # The writer sees it: they hold a copy.
    return Change(MailMessage, target, done, news, also, is_whole=True, is_seen=True)


def target_of_draft(viewer: Viewer, draft_id: Any, expected_version: Any) -> Target:
    """Return the target of a draft, locked, or of a new letter. Its guards raise NotFound, Conflict
    or AlreadySent."""
    if draft_id is None:
        return Target()
    target = target_by_id(viewer, MailMessage, draft_id, "draft_id", lock=Lock.WRITE)
    field, current = "draft_id", MailMessage.id
    target = target.needs(MailMessage.version == expected_version, Conflict, field, current=current)
    return target.needs(MailMessage.sent_at.is_(None), AlreadySent, field, current=current)


def select_answered(viewer: Viewer, draft_id: Any, letter: Letter) -> Any:
    """SELECT the letter that is answered, with its `thread_id`, if the viewer holds it; None for a
    letter that answers none. A draft keeps its own."""
    key = letter.reply_to_id
    if key is KEEP:
        key = None if draft_id is None else MailMessage.reply_to_id
    if key is None:
        return None
    one = aliased(MailMessage)
    thread = func.coalesce(one.thread_id, one.id).label("thread_id")
    found = visible(viewer, one).where(one.id == key, one.sent_at.is_not(None))
    return found.with_only_columns(one.id, one.sender_id, thread).lateral("answered")


def columns_of(viewer: Viewer, draft_id: Any, letter: Letter, answered: Any) -> dict[str, Any]:
    """Return the columns of the letter that are written. A new one has all of them."""
    new = only_sent(subject=letter.subject, body=letter.body, shows_recipients=letter.group_thread)
    if letter.reply_to_id is None:
        new |= {"reply_to_id": None, "thread_id": None}
    elif letter.reply_to_id is not KEEP:
        new |= {"reply_to_id": answered.c.id, "thread_id": answered.c.thread_id}
    if draft_id is not None:
        return new
    fixed = {"subject": "", "body": "", "shows_recipients": False}
    return {**fixed, **new, "sender_id": viewer.person_id}


def put_message(
    viewer: Viewer, target: Target, draft_id: Any, expected_version: Any, new: dict[str, Any]
) -> CTE:
    """Insert the letter, or update the draft."""
    if draft_id is None:
        line, values = compute_values(target, MailMessage, new)
        return insert_row(viewer, MailMessage, line, values)
    line, values = compute_values(target, MailMessage, new, MailMessage.id)
    return update_rows(viewer, MailMessage, line.c.id, values, version=expected_version)


def put_copies(
    viewer: Viewer, done: CTE, recipients: CTE, draft_id: Any, *, sends: bool
) -> Sequence[CTE]:
    """Write a copy of the letter for each person. The writer's copy stays the same from the first
    draft on; those of recipients are in no folder until the letter is sent."""
    theirs, mine = (MailFolder.INBOX, MailFolder.SENT) if sends else (None, MailFolder.DRAFTS)
    columns: Any = MailCopy.__table__.c
    writers = select(
        done.c.sender_id.label("person_id"),
        to_sql(MailRole.FROM, columns.role).label("role"),
        to_sql(mine, columns.folder).label("folder"),
        literal_column("-1").label("list"),
        literal_column("0").label("place"),
    )
    folder = to_sql(theirs, columns.folder)
    named = (recipients.c.list, recipients.c.place)
    others = select(recipients.c.id, recipients.c.role, folder, *named)
    copies = union_all(writers, others.join_from(recipients, done, true())).subquery("copies")
    key = {"person_id": copies.c.person_id, "role": copies.c.role}
    new = {
        "folder": copies.c.folder,
        "read_at": case((copies.c.role == MailRole.FROM, viewer.now), else_=null()),
        "at": viewer.now,
    }
    message = {"message_id": select(done.c.id).scalar_subquery()}
    order = [copies.c.list, copies.c.place]  # the order in which recipients are shown
    if draft_id is not None:
        return replace_rows(
            viewer, MailCopy, copies, message, key, new, "copied",
            order=order, on_change=renew_recipients,
        )  # fmt: skip
    return [insert_rows(viewer, MailCopy, copies, message | key | new, order=order, name="copied")]


def renew_recipients(old: Any, new: Any) -> dict[str, Any]:
    """Return the columns of a copy that stays. A recipient's is as new: recipients are shown in the
    order of the ids, and the version would tell how often the draft was saved."""
    is_writers = old.role == MailRole.FROM
    return {
        "id": case((is_writers, old.id), else_=new.id),
        "version": case((is_writers, old.version + 1), else_=new.version),
        "read_at": old.read_at,
    }
