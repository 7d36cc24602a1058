"""The mail."""

from datetime import datetime

import strawberry

import gql.people.persons  # noqa: F401  # `mailRecipients` lists them
from gql.answers import Node
from gql.bridge import keyed, listing, many, mutation, node, one, only, query, via
from models.communication import mail as rows
from models.files.files import File
from models.people.persons import Person
from resolvers.communication import letters, mail
from resolvers.files import files


@node(rows.MailCopy)
class MailCopy(Node):
    role: rows.MailRole
    folder: rows.MailFolder | None
    read_at: datetime | None
    at: datetime
    version: int
    message = one(rows.MailCopy.message_id)


@node(rows.MailMessage)
class MailMessage(Node):
    subject: str
    body: str
    sent_at: datetime | None
    shows_recipients: bool
    version: int
    sender_name = via(rows.MailMessage.sender_id, Person.full_name)
    sender = one(rows.MailMessage.sender_id)
    recipients = many(
        rows.MailRecipient.message_id,
        where=mail.is_recipient,
        description="Who gets it, as far as the viewer may know: its writer sees all.",
    )
    attachments = many(
        rows.MailAttachment.message_id,
        order=(rows.MailAttachment.position,),
        description="Files that belong to it.",
    )
    thread = one(
        rows.MailMessage.thread_id,
        description="The letter that began the conversation; null for that letter itself, and if "
        "the viewer does not hold it.",
    )
    reply_to = one(
        rows.MailMessage.reply_to_id,
        description="The letter it answers; null for none, and for who does not hold it.",
    )
    copy = only(rows.MailCopy.message_id, description="The viewer's own copy of it.")


@node(rows.MailRecipient)
class MailRecipient(Node):
    role: rows.MailRole
    person_name = via(rows.MailRecipient.person_id, Person.full_name)
    person = one(rows.MailRecipient.person_id)


@node(rows.MailAttachment)
class MailAttachment(Node):
    position: int
    file_name = via(rows.MailAttachment.file_id, File.name)
    media_type = via(rows.MailAttachment.file_id, File.media_type)
    size = via(rows.MailAttachment.file_id, File.size)
    url = keyed(files.download_url, "id")
    file = one(
        rows.MailAttachment.file_id,
        description="The file itself; only the person who uploaded it sees it here.",
    )


@node(mail.UnreadCounts)
class UnreadCounts:
    notices: int
    mail: int


@strawberry.type
class Query:
    mailbox = listing(mail.find_mailbox, mail.ORDERS)
    mail_thread = listing(mail.find_mail_thread, mail.THREAD_ORDERS)
    mail_recipients = listing(mail.find_mail_recipients, mail.RECIPIENT_ORDERS)
    unread_counts = query(mail.count_unread)


@strawberry.type
class Mutation:
    send_mail = mutation(letters.send_mail)
    save_draft = mutation(letters.save_draft)
    mark_mail_read = mutation(mail.mark_mail_read)
    move_mail = mutation(mail.move_mail)
