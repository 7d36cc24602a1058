"""Mail of a demo school: conversations, a circular, drafts, blind copies, unread letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.communication.mail import MailCopy, MailFolder, MailMessage, MailRole
from resolvers.demo.audience import Audience
from resolvers.demo.cast import CLASS, LEADER
from resolvers.demo.ground import Site
from resolvers.demo.names import Human


@dataclass(frozen=True)
class Letter:
    """A letter by logins; `to` may also be `guardians of <class>` or `staff`.

    days: The days before today when it was sent, or last saved as a draft, at `hour`.
    answers: Indicates whether it answers the letter before it.
    unread: Indicates whether its recipients have not read it yet.
    """

    by: str
    to: tuple[str, ...]
    subject: str
    body: str
    days: int
    hour: int = 18
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    answers: bool = False
    unread: bool = False
    draft: bool = False
    put_away: MailFolder = MailFolder.INBOX
    shows_recipients: bool = True


LETTERS = (
    Letter("parent.ivanova", (LEADER,), "Маша завтра у врача",
           "Здравствуйте! Завтра первые два урока пропустим, справку принесём.", 6, 19),
    Letter(LEADER, ("parent.ivanova",), "Re: Маша завтра у врача",
           "Хорошо, спасибо, что предупредили. Алгебру пройдём с ней отдельно.", 5, 8,
           answers=True),
    Letter("parent.ivanova", (LEADER,), "Re: Маша завтра у врача", "Спасибо большое!", 1, 20,
           answers=True, unread=True),
    Letter("parent.sokolov", (LEADER,), "Успеваемость Егора",
           "Добрый день! Живу отдельно, прошу писать об оценках и мне.", 12, 13),
    Letter(LEADER, ("parent.sokolov",), "Re: Успеваемость Егора",
           "Здравствуйте, Дмитрий Олегович! Конечно: вам доступен весь дневник.", 11, 15,
           answers=True),
    Letter(LEADER, (f"guardians of {CLASS}",), "Сбор на экскурсию",
           "Уважаемые родители! Напоминаю про экскурсию в субботу, сбор в 9:00.", 3, 17,
           unread=True, shows_recipients=False),
    Letter("director", ("staff",), "Педсовет в среду",
           "Коллеги, жду всех в 15:00. Отчёты по успеваемости пришлите до вторника.", 5, 16),
    Letter("zavuch", ("teacher.gusev",), "Накопляемость отметок",
           "Алексей Павлович, во второй группе 7А мало отметок. Прошу исправить до конца месяца.",
           2, 14, cc=("director",), bcc=("psychologist",), unread=True),
    Letter("student.ivanova", ("teacher.klimova",), "Проект My home town",
           "Дарья Андреевна, можно сдать проект в понедельник?", 9, 16,
           put_away=MailFolder.ARCHIVE),
    Letter("teacher.klimova", ("student.ivanova",), "Re: Проект My home town",
           "Можно, но не позже!", 9, 18, answers=True),
    Letter("parent.gromov", ("teacher.somova",), "Русский язык",
           "Прошу сообщить, за что у Полины снижена оценка.", 7, 21, put_away=MailFolder.TRASH),
    Letter("parent.ivanova", ("teacher.gusev",), "Пересадка в первую группу",
           "Здравствуйте! Хотела спросить, можно ли", 1, 22, draft=True),
    Letter("teacher.gusev", (), "", "", 2, 9, draft=True),
    Letter("secretary", ("parent.morozova",), "Заявление на питание",
           "Екатерина Андреевна, нужна подпись в заявлении.", 4, 11, unread=True),
)  # fmt: skip


class Post:
    """The writer of letters and their copies. A letter from or to somebody who is not in the school
    is left out, and so is its answer."""

    def __init__(self, site: Site, audience: Audience) -> None:
        self._site, self._audience = site, audience
        self._rng = site.rng("post")

    def write(self) -> None:
        thread = previous = None
        for letter in LETTERS:
            if not letter.answers:
                thread = previous = None
            sender = self._audience.find_login(letter.by)
            to = self._people(letter.to)
            if sender is None or (letter.to and not to) or (letter.answers and not previous):
                continue
            previous = self._letter(letter, sender, to, thread, previous)
            thread = thread or previous

    def _people(self, names: Iterable[str]) -> list[Human]:
        found: list[Human] = []
        for name in names:
            if name == "staff":
                found += self._audience.staff
            elif name.startswith("guardians of "):
                found += self._audience.guardians(name.removeprefix("guardians of "))
            elif human := self._audience.find_login(name):
                found.append(human)
        return found

    def _letter(
        self,
        letter: Letter,
        sender: Human,
        to: list[Human],
        thread: int | None,
        previous: int | None,
    ) -> int:
        at = self._site.days_before(letter.days, letter.hour)
        message = self._site.ledger[MailMessage].put(
            sender_id=sender.id,
            thread_id=thread,
            reply_to_id=previous,
            subject=letter.subject,
            body=letter.body,
            sent_at=None if letter.draft else at,
            shows_recipients=letter.shows_recipients,
        )
        own = MailFolder.DRAFTS if letter.draft else MailFolder.SENT
        self._copy(message, sender, MailRole.FROM, own, at, at)
        for role, people in (
            (MailRole.TO, to),
            (MailRole.CC, self._people(letter.cc)),
            (MailRole.BCC, self._people(letter.bcc)),
        ):
            for human in people:
                if human is not sender:
                    self._write_copy(letter, message, human, role, at)
        return message

    def _write_copy(
        self, letter: Letter, message: int, human: Human, role: MailRole, at: datetime
    ) -> None:
        """Write a copy that was read the same evening, unless the letter is unread."""
        read_at = at + timedelta(minutes=self._rng.randint(5, 55))
        unread = letter.draft or (letter.unread and role is MailRole.TO)
        folder = None if letter.draft else letter.put_away
        self._copy(message, human, role, folder, None if unread else read_at, at)

    def _copy(
        self,
        message: int,
        human: Human,
        role: MailRole,
        folder: MailFolder | None,
        read_at: datetime | None,
        at: datetime,
    ) -> None:
        self._site.ledger[MailCopy].put(
            message_id=message,
            person_id=human.id,
            role=role,
            folder=folder,
            read_at=read_at,
            at=at,
        )
