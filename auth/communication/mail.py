"""Rules for letters. The rule for recipients is in `recipients`."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from auth.actor import Column, Viewer
from auth.policy import (
    SELF,
    Reach,
    declare_certain,
    readable,
)
from auth.rights import Right
from models.communication.mail import (
    MailAttachment,
    MailCopy,
    MailMessage,
    MailRecipient,
    MailRole,
)
from models.people.staff import Staff

# -- mail -----------------------------------------------------------------------------


@readable(MailCopy, Right.MAIL_USE, letter=True)
def read_mail(viewer: Viewer, copy: type[MailCopy]) -> Reach:
    """People read their own copies. No right reaches the mail of others."""
    return {SELF: and_(copy.person_id == viewer.person_id, copy.folder.is_not(None))}


@readable(MailMessage, Right.MAIL_USE, letter=True)
def read_messages(viewer: Viewer, message: type[MailMessage]) -> Reach:
    """People read the letters that they hold a copy of."""
    return {SELF: holds(viewer, message, message.id)}


def holds(viewer: Viewer, entity: Any, message_id: Column) -> ColumnElement[bool]:
    """Whether the viewer holds a copy of the letter that a row belongs to. The subquery is
    correlated: a list of all letters of a mailbox grows with the years."""
    mine = aliased(MailCopy)
    found = select(mine.id).where(
        mine.school_id == viewer.school_id,
        mine.message_id == message_id,
        mine.person_id == viewer.person_id,
        mine.folder.is_not(None),
    )
    return exists(found.correlate(entity))


@readable(MailRecipient, Right.MAIL_USE, letter=True)
def read_recipients(viewer: Viewer, recipient: type[MailRecipient]) -> Reach:
    """The writer sees all recipients. Others see the writer and themselves, and the rest, except
    blind copies, where the letter shows its recipients."""
    letter = aliased(MailMessage)
    mine = select(letter.id).where(
        letter.school_id == viewer.school_id,
        letter.id == recipient.message_id,
        or_(
            letter.sender_id == viewer.person_id,
            recipient.person_id == viewer.person_id,
            recipient.role == MailRole.FROM,
            and_(letter.shows_recipients, recipient.role != MailRole.BCC),
        ),
    )
    known = exists(mine.correlate(recipient))
    return {SELF: and_(holds(viewer, recipient, recipient.message_id), known)}


@readable(MailAttachment, Right.MAIL_USE, letter=True)
def read_mail_attachments(viewer: Viewer, attachment: type[MailAttachment]) -> Reach:
    """An attachment is read like its letter."""
    return {SELF: holds(viewer, attachment, attachment.message_id)}


declare_certain(MailCopy.message_id, MailCopy)


def is_at_work(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a member of staff works here today."""
    return and_(
        Staff.hired_on <= viewer.today,
        or_(Staff.dismissed_on.is_(None), Staff.dismissed_on > viewer.today),
    )
