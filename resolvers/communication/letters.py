"""Writing letters: drafts, and sending them. A letter that is sent never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    bindparam,
    delete,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from auth.rights import Right
from models.base import Id
from models.communication.mail import MailAttachment, MailCopy, MailMessage, MailRole
from models.events import EventKind
from models.files.files import File
from models.people.persons import Person
from models.problems import Limit, NotFound, Problem
from resolvers.communication.recipients import (
    Recipient,
    count_families,
    others_of,
    recipients_of,
)
from resolvers.core.command import command
from resolvers.core.context import Ctx
from resolvers.core.keep import KEEP, edit_row
from resolvers.core.news import Fact
from resolvers.files.attachments import NotUploaded, attach_instead, ready_files


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

    to: Sequence[Id[Person]]
    cc: Sequence[Id[Person]]
    bcc: Sequence[Id[Person]]
    subject: str
    body: str
    file_ids: Sequence[Id[File]]
    reply_to_id: Id[MailMessage] | None
    group_thread: bool


@command(Right.MAIL_WRITE, *PROBLEMS, private=True, keeps_rights=True)
async def save_draft(
    ctx: Ctx,
    *,
    draft_id: Id[MailMessage] | None = None,
    expected_version: int | None = None,
    to: list[Id[Person]] = KEEP,
    cc: list[Id[Person]] = KEEP,
    bcc: list[Id[Person]] = KEEP,
    subject: str = KEEP,
    body: str = KEEP,
    file_ids: list[Id[File]] = KEEP,
    reply_to_id: Id[MailMessage] | None = KEEP,
    group_thread: bool = KEEP,
    idempotency_key: UUID | None = None,
) -> MailMessage:
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
    draft = await get_draft(ctx, draft_id, expected_version)
    return await write_letter(ctx, draft, letter, send=False)


@command(Right.MAIL_WRITE, *PROBLEMS, NoRecipients, private=True, keeps_rights=True)
async def send_mail(
    ctx: Ctx,
    *,
    draft_id: Id[MailMessage] | None = None,
    expected_version: int | None = None,
    to: list[Id[Person]] = KEEP,
    cc: list[Id[Person]] = KEEP,
    bcc: list[Id[Person]] = KEEP,
    subject: str = KEEP,
    body: str = KEEP,
    file_ids: list[Id[File]] = KEEP,
    reply_to_id: Id[MailMessage] | None = KEEP,
    group_thread: bool = KEEP,
    idempotency_key: UUID | None = None,
) -> MailMessage:
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
    draft = await get_draft(ctx, draft_id, expected_version)
    return await write_letter(ctx, draft, letter, send=True)


async def get_draft(
    ctx: Ctx, draft_id: Id[MailMessage] | None, expected_version: int | None
) -> MailMessage:
    """Return the draft, locked, or a new one. Raises DraftVersion if only one of the two is
    given."""
    if (draft_id is None) is not (expected_version is None):
        raise DraftVersion(field="expected_version")
    if draft_id is None:
        return MailMessage(
            sender_id=ctx.actor.person_id, subject="", body="", shows_recipients=False
        )
    draft = await ctx.get(draft_id, version=expected_version)
    if draft.sent_at is not None:
        raise AlreadySent(of=draft_id, current=draft)
    draft.version += 1  # also if only its recipients change
    return draft


async def write_letter(
    ctx: Ctx, message: MailMessage, letter: Letter, *, send: bool
) -> MailMessage:
    """Write the letter and, with `send`, put it into the recipients' mailboxes."""
    answered = await link_answered(ctx, message, letter)
    edit_row(
        message, subject=letter.subject, body=letter.body, shows_recipients=letter.group_thread
    )
    named = {MailRole.TO: letter.to, MailRole.CC: letter.cc, MailRole.BCC: letter.bcc}
    recipients = await recipients_of(ctx, message, named)
    families = await count_families(ctx, recipients, answered)
    if send:
        if not recipients:
            raise NoRecipients(field="to")
        message.sent_at = ctx.actor.now
        message.shows_recipients = message.shows_recipients or families <= 1
    files = None if letter.file_ids is KEEP else await ready_files(ctx, letter.file_ids)
    ctx.session.add(message)
    await ctx.session.flush()
    await write_copies(ctx, message, recipients)
    if files is not None:
        await attach_instead(ctx, MailAttachment.message_id, message, files)
    if send:
        ctx.announce(Fact(EventKind.MAIL_RECEIVED, message, persons=tuple(recipients)))
    return message


async def link_answered(ctx: Ctx, message: MailMessage, letter: Letter) -> MailMessage | None:
    """Add the letter to the conversation of the letter that it answers, and return that one. Raises
    NotFound for one that the actor does not hold, or that was never sent."""
    if letter.reply_to_id is KEEP:
        key = message.reply_to_id
        return await ctx.find(Id(MailMessage, ctx.actor.school_id, key)) if key else None
    if letter.reply_to_id is None:
        message.reply_to_id = message.thread_id = None
        return None
    answered = await ctx.get(letter.reply_to_id)
    if answered.sent_at is None:
        raise NotFound(of=letter.reply_to_id)
    message.reply_to_id, message.thread_id = answered.id, answered.thread_id or answered.id
    return answered


# -- copies ---------------------------------------------------------------------------

WRITE_COPIES = text("""
    INSERT INTO mail_copies (school_id, message_id, person_id, role, folder, read_at, at)
    SELECT :school_id, :message_id, person_id, role, folder,
        CASE WHEN role = 'FROM' THEN :at END, :at
    FROM unnest(:persons, :roles, :folders) AS copy (person_id, role, folder)
    ON CONFLICT (school_id, message_id, person_id, role) DO UPDATE
    SET folder = excluded.folder, at = excluded.at, version = mail_copies.version + 1
""").bindparams(
    bindparam("persons", type_=ARRAY(BigInteger)),
    bindparam("roles", type_=ARRAY(Text)),
    bindparam("folders", type_=ARRAY(Text)),
    bindparam("at", type_=DateTime(timezone=True)),
)


async def write_copies(ctx: Ctx, message: MailMessage, recipients: Mapping[int, Recipient]) -> None:
    """Write a copy of the letter for each person, in one statement. The writer's copy stays the
    same from the first draft on; those of recipients are in no folder until the letter is sent."""
    await ctx.session.execute(delete(MailCopy).where(*others_of(ctx, message)))
    sent = message.sent_at is not None
    theirs, mine = ("INBOX", "SENT") if sent else (None, "DRAFTS")
    copies = [
        (message.sender_id, MailRole.FROM.name, mine),
        *((key, recipient.role.name, theirs) for key, recipient in recipients.items()),
    ]
    persons, roles, folders = (list(column) for column in zip(*copies, strict=True))
    given = {"persons": persons, "roles": roles, "folders": folders, "at": ctx.actor.now}
    place = {"school_id": ctx.actor.school_id, "message_id": message.id}
    await ctx.session.execute(WRITE_COPIES, {**place, **given})
