"""Refusals that a caller can act on. Any other exception is a bug and is masked."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

DETAIL = re.compile(r"\{(\w+)\}")


class Problem(Exception):
    """Base of all expected refusals.

    The class name is the stable code (`TermClosed` -> `TERM_CLOSED`), the docstring's first
    paragraph the English message, `russian` the Russian one. `{most}` in a message stands for the
    detail of that name. A command's problems become `userErrors` of its payload; a query's become
    top-level errors.

    of: The id that it is about; it names the argument to blame.
    field: The argument to blame, where `of` cannot tell; dots lead into nested inputs.
    current: The row as it is now, for a client that must merge.
    """

    russian: ClassVar[str]

    def __init__(
        self, *, of: Any = None, field: str | None = None, current: Any = None, **details: Any
    ) -> None:
        self.of, self.field, self.current = of, field, current
        self.extensions = {"code": self.code(), **details}
        super().__init__(self.describe("en"))

    @classmethod
    def code(cls) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).upper()

    @classmethod
    def template(cls, language: str) -> str:
        """The message in `ru`, or in English for any other language, with `{detail}` in it."""
        first_paragraph = (cls.__doc__ or "").partition("\n\n")[0]
        return cls.russian if language == "ru" else " ".join(first_paragraph.split())

    @classmethod
    def message(cls, language: str) -> str:
        """Return the general message of the code, with "…" in place of the details of a case,
        because their names are not always those of fields."""
        return DETAIL.sub("…", cls.template(language))

    @classmethod
    def tells(cls, detail: str) -> bool:
        """Whether the message has a place for the detail."""
        return f"{{{detail}}}" in cls.template("en")

    def describe(self, language: str) -> str:
        """Return the message of this case."""
        return self.fill(self.template(language))

    def fill(self, template: str) -> str:
        """Put the details of this case into a text."""
        details = self.extensions

        def detail(place: re.Match[str]) -> str:
            return str(details.get(place[1], place[0].strip("{}")))

        return DETAIL.sub(detail, template)


if Problem.__doc__ is None:
    raise RuntimeError(
        "Python runs without docstrings here (PYTHONOPTIMIZE=2 or -OO), and Gorod's messages are "
        "docstrings. Unset PYTHONOPTIMIZE, or set it to 1."
    )


class NotFound(Problem):
    """No such record, or not for you."""

    russian = "Такой записи нет, или она вам не видна."


class Forbidden(Problem):
    """Your role does not have the right to this.

    requires: The right that it takes; the message names it.
    """

    russian = "У вашей роли нет права на это."

    def describe(self, language: str) -> str:
        told, right = super().describe(language), self.extensions.get("requires")
        takes = "Нужно право" if language == "ru" else "It takes the right"
        return f"{told} {takes} `{getattr(right, 'value', right)}`." if right else told


class Validation(Problem):
    """The database cannot keep this value; look at what `field` says and send another.

    It is used only where nothing else is declared: every rule has a problem of its own.
    """

    russian = "База данных не может сохранить такое значение; посмотрите `field` и пришлите другое."


class Blank(Problem):
    """Nothing is written here; write something, or leave the argument out if it may be."""

    russian = "Здесь ничего не написано; напишите или, если так можно, уберите этот аргумент."


class EmptyList(Blank):
    """The list is empty; send at least one item."""

    russian = "Список пуст; пришлите хотя бы один элемент."

    @classmethod
    def code(cls) -> str:
        """The code is the same, because a program handles both alike."""
        return Blank.code()


class TooLong(Problem):
    """The text is too long; write at most {most} characters."""

    russian = "Текст слишком длинный; напишите не больше {most} символов."


class OutOfRange(Problem):
    """The value is out of range; choose one from {least} to {most}."""

    russian = "Значение вне допустимых пределов; выберите от {least} до {most}."


class TooManyDecimals(Problem):
    """The number has too many decimals; round it to {most}."""

    russian = "У числа слишком много знаков после запятой; округлите до {most}."


class EndsBeforeItBegins(Problem):
    """It would end before it begins; choose a later end or an earlier beginning."""

    russian = "Конец раньше начала; выберите более поздний конец или более раннее начало."


class InThePast(Problem):
    """The day is in the past; choose {least} or a later one."""

    russian = "Этот день уже прошёл; выберите {least} или более поздний."


class NameTaken(Problem):
    """Another one here has this name or number; choose another."""

    russian = "Это название или номер здесь уже занято; выберите другое."


class InUse(Problem):
    """Rows of type {used_by} refer to it, so it cannot be removed; change or remove them first."""

    russian = (
        "На это ссылаются записи вида {used_by}, поэтому удалить нельзя; сначала измените или "
        "удалите их."
    )


class Overlaps(Problem):
    """There is another one at that time; choose other days, or end that first."""

    russian = "На это время уже есть другое; выберите другие дни или сначала завершите его."


class NoSuchTimeZone(Problem):
    """There is no such time zone; send an IANA name such as `Asia/Barnaul`."""

    russian = "Такого часового пояса нет; пришлите название IANA, например `Asia/Barnaul`."


class NamedTwice(Problem):
    """The same is named twice; name each once."""

    russian = "Одно и то же названо дважды; назовите каждое один раз."


class TooSoon(Problem):
    """Something like it begins later already; choose the day of that or a later one, or end that
    first."""

    russian = (
        "Позже уже начинается другое такое же; выберите его день или более поздний "
        "либо сначала завершите его."
    )


class Caution(Problem):
    """Something speaks against this, which a reason can override."""

    russian = "Этому что-то мешает; это можно преодолеть, назвав причину."


class WarningNeedsReason(Problem):
    """{warnings} To do it all the same, say why in `overrideReason`."""

    russian = "{warnings} Чтобы всё же сделать это, напишите причину в `overrideReason`."

    def __init__(self, cautions: Sequence[Caution]) -> None:
        super().__init__(field="override_reason")
        self.cautions = tuple(cautions)

    def describe(self, language: str) -> str:
        told = " ".join(one.describe(language) for one in getattr(self, "cautions", ()))
        return self.template(language).replace("{warnings}", told)


class PasswordMustChange(Problem):
    """Choose a password of your own first: `changePassword` is all that can be done until then."""

    russian = "Сначала задайте свой пароль: до этого доступен только `changePassword`."


class PeriodClosed(Problem):
    """The term is closed: its journal is read-only until it is reopened."""

    russian = "Период закрыт: журнал можно только читать, пока период не откроют снова."


class YearArchived(Problem):
    """The academic year is archived: nothing in it can be changed."""

    russian = "Учебный год в архиве: в нём ничего нельзя изменить."


class Limit(Problem):
    """More than is allowed at once; send at most {most}."""

    russian = "Больше, чем можно за один раз; пришлите не больше {most}."


class Conflict(Problem):
    """Someone else changed or made this record meanwhile; look at it as it is now and decide."""

    russian = "Запись тем временем изменил или создал кто-то другой; посмотрите её и решите."


class BadUserInput(Problem):
    """The request itself is malformed: `expected` says what belongs there."""

    russian = "Запрос составлен неверно: `expected` говорит, что должно быть на этом месте."


class Advice(NamedTuple):
    """Advice to the client, in English and in Russian; `{most}` stands for that detail."""

    en: str
    ru: str


class OperationTooComplex(Problem):
    """This asks for more than one request may: the message says what to do about that `limit`.

    limit: The limit that it exceeds.
    asked: How much is asked for, as far as it was counted.
    most: How much is allowed.
    """

    russian = "Запрос слишком велик: сообщение говорит, что делать с этим пределом (`limit`)."

    def __init__(self, advice: Advice, *, limit: str, asked: int, most: int) -> None:
        self.advice = advice
        super().__init__(limit=limit, asked=asked, most=most)

    def describe(self, language: str) -> str:
        """Return the advice about the limit that this request exceeds."""
        return self.fill(self.advice.ru if language == "ru" else self.advice.en)


class OperationTimeout(Problem):
    """This took longer than one request may: ask for less at once, or try again later."""

    russian = "Запрос выполнялся слишком долго: спросите за один раз меньше или повторите позже."


class Unauthenticated(Problem):
    """Sign in first: the token is missing, wrong or expired."""

    russian = "Сначала войдите: ключа доступа нет, он неверен или истёк."


class ServiceUnavailable(Problem):
    """The database is away at the moment and nothing was done: repeat this in `retryAfter` seconds.

    retryAfter: Seconds after which it is worth trying again.
    """

    russian = (
        "База данных сейчас недоступна, ничего не сделано: повторите через `retryAfter` секунд."
    )

    def __init__(self, *, retry_after: int = 1, **details: Any) -> None:
        super().__init__(retryAfter=retry_after, **details)
        self.retry_after = retry_after

    def after_commit(self) -> "OutcomeUnknown":
        """Return the problem of a command that was committed but whose answer could not be read."""
        return OutcomeUnknown(retry_after=self.retry_after)


class NothingCanBeSaved(ServiceUnavailable):
    """Nothing can be saved at the moment, reading goes on: repeat this in `retryAfter` seconds."""

    russian = (
        "Сейчас ничего нельзя сохранить, чтение работает: повторите через `retryAfter` секунд."
    )

    @classmethod
    def code(cls) -> str:
        """The code is the same, because a program handles both alike."""
        return ServiceUnavailable.code()


class TransactionLost(ServiceUnavailable):
    """Others changed the same records at the same moment and nothing was done: repeat this in
    `retryAfter` seconds."""

    russian = (
        "Другие в этот же момент изменяли те же записи, ничего не сделано: повторите через "
        "`retryAfter` секунд."
    )

    @classmethod
    def code(cls) -> str:
        """The code is the same, because a program handles both alike."""
        return ServiceUnavailable.code()


class OutcomeUnknown(ServiceUnavailable):
    """The database went away while this was being saved, so it may or may not be done. Repeat it
    in `retryAfter` seconds with the same `idempotencyKey`: then it is done once. Where there is no
    such key, look first whether it is done.
    """

    russian = (
        "База данных стала недоступна во время сохранения: сделано ли это, неизвестно. Повторите "
        "через `retryAfter` секунд с тем же `idempotencyKey`: тогда это будет сделано один раз. "
        "Где такого ключа нет, сначала посмотрите, сделано ли это."
    )

    def __init__(self, *, retry_after: int = 1) -> None:
        super().__init__(retry_after=retry_after, outcomeUnknown=True)

    @classmethod
    def code(cls) -> str:
        """The code is the same; `outcomeUnknown` tells a program the difference."""
        return ServiceUnavailable.code()
