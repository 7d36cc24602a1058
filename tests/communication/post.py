"""Documents, people and the sending of letters that tests of the mail share."""

from typing import Any

from models.access.roles import Role
from tests.conftest import Api

BOX = """query ($folder: MailFolder! = INBOX, $search: String) {
  mailbox(folder: $folder, search: $search, first: 100) { totalCount nodes {
    id role folder readAt at version message { id subject body sentAt senderName version
      sender { fullName } recipients { role personName person { fullName } }
      attachments { fileName mediaType size } thread { id } replyTo { id } copy { id } } } } }"""
LETTER = """query ($id: ID!) { node(id: $id) { ... on MailMessage { subject body senderName
  showsRecipients recipients { role personName } } } }"""
THREAD = """query ($id: ID!) { mailThread(messageId: $id, first: 100) {
  nodes { id subject senderName sentAt } totalCount } }"""
DIRECTORY = """query ($search: String) { mailRecipients(search: $search, first: 100) {
  nodes { id fullName } totalCount } }"""
SEND = """mutation ($input: SendMailInput!) { sendMail(input: $input) {
  mailMessage { id subject body sentAt version showsRecipients thread { id } copy { id folder }
    recipients { role personName } attachments { fileName } }
  userErrors { code field most } } }"""
DRAFT = """mutation ($input: SaveDraftInput!) { saveDraft(input: $input) {
  mailMessage { id subject body sentAt version copy { id folder } recipients { role personName }
    attachments { fileName } replyTo { id } }
  userErrors { code field } } }"""
READ = """mutation ($id: ID!) { markMailRead(input: {mailCopyId: $id}) {
  mailCopy { id readAt version } userErrors { code field } } }"""
MOVE = """mutation ($input: MoveMailInput!) { moveMail(input: $input) {
  mailCopy { id folder version } userErrors { code field } } }"""
HELLO = {"subject": "Справка от врача", "body": "Здравствуйте! <i>Маша</i> здорова."}
MOTHER, DIRECTOR = "parent.ivanova", "director"
TEACHER = ("teacher.belova", Role.CLASS_TEACHER)


async def send(who: Api, to: list[str], **more: Any) -> Any:
    """Send a letter; what came of it."""
    return (await who(SEND, input={**HELLO, "to": to, **more}))["sendMail"]["mailMessage"]


async def save(who: Api, **given: Any) -> Any:
    return (await who(DRAFT, input=given))["saveDraft"]["mailMessage"]


async def box(who: Api, folder: str = "INBOX", **more: Any) -> list[Any]:
    found: list[Any] = (await who(BOX, folder=folder, **more))["mailbox"]["nodes"]
    return found


async def subjects(who: Api, folder: str = "INBOX", **more: Any) -> list[str]:
    return [copy["message"]["subject"] for copy in await box(who, folder, **more)]


async def names(who: Api, search: str | None = None) -> list[str]:
    """Return the names of those they may write to."""
    found = (await who(DIRECTORY, search=search))["mailRecipients"]["nodes"]
    return [person["fullName"] for person in found]


async def recipients(who: Api, letter: str) -> list[tuple[str, str]]:
    """Return the recipients of a letter, as far as they see them."""
    found = (await who(LETTER, id=letter))["node"]["recipients"]
    return [(one["role"], one["personName"]) for one in found]
