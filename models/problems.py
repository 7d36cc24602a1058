"""Refusals a caller can act on. Anything else that is raised is a bug and reaches nobody."""

import re
from typing import Any, ClassVar


class Problem(Exception):
    """Base of all expected refusals.

    The class name is the stable code (`TermClosed` -> `TERM_CLOSED`), the docstring's first
    paragraph the English message, `russian` the Russian one. A command's problems become
    `userErrors` of its payload; a query's become top-level errors.

    of: The id it is about; names the argument to blame.
    field: The argument to blame, where `of` cannot tell; dots lead into nested inputs.
    current: The row as it is now, for a client that must merge.
    """

    russian: ClassVar[str]

    def __init__(
        self, *, of: Any = None, field: str | None = None, current: Any = None, **details: Any
    ) -> None:
        super().__init__(self.message("en"))
        self.of, self.field, self.current = of, field, current
        self.extensions = {"code": self.code(), **details}

    @classmethod
    def code(cls) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).upper()

    @classmethod
    def message(cls, language: str) -> str:
        """What is told to people: `ru` or anything else for English."""
        first_paragraph = (cls.__doc__ or "").partition("\n\n")[0]
        return cls.russian if language == "ru" else " ".join(first_paragraph.split())


class NotFound(Problem):
    """No such record, or not for you."""

    russian = "Такой записи нет, или она вам не видна."


class Forbidden(Problem):
    """Your role does not have the right to this."""

    russian = "У вашей роли нет права на это."


class Validation(Problem):
    """The value breaks a rule; see which field it is."""

    russian = "Значение нарушает правило; посмотрите, какое это поле."


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
    """More than is allowed at once; `most` says how much is."""

    russian = "Больше, чем можно за один раз; `most` говорит, сколько можно."


class Conflict(Problem):
    """Someone else changed or made this record meanwhile; look at it as it is now and decide."""

    russian = "Запись тем временем изменил или создал кто-то другой; посмотрите её и решите."


class BadUserInput(Problem):
    """The request itself is malformed: `expected` says what belongs there."""

    russian = "Запрос составлен неверно: `expected` говорит, что должно быть на этом месте."


class OperationTooComplex(Problem):
    """This asks for more than one request may: ask for less at once."""

    russian = "Запрос слишком сложен: спросите за один раз меньше."


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
        """The same for a command that is through: it only cannot be shown."""
        return OutcomeUnknown(retry_after=self.retry_after)


class NothingCanBeSaved(ServiceUnavailable):
    """Nothing can be saved at the moment, reading goes on: repeat this in `retryAfter` seconds."""

    russian = (
        "Сейчас ничего нельзя сохранить, чтение работает: повторите через `retryAfter` секунд."
    )

    @classmethod
    def code(cls) -> str:
        """To a program it is the same."""
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
        """To a program it differs by `outcomeUnknown`."""
        return ServiceUnavailable.code()
