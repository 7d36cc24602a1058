"""Why a stream of events does not begin, or ends."""

from models.problems import Problem, Unauthenticated


class AccessRevoked(Problem):
    """What you listened to is no longer yours to hear: the role or the right to it has ended."""

    russian = "Эти события вам больше недоступны: роль или право на них закончились."


class TokenEnded(Unauthenticated):
    """This token was renewed or has ended: connect again with the new one, or sign in if there is
    none."""

    russian = (
        "Этот ключ доступа обновлён или закончился: подключитесь снова с новым ключом, а если его "
        "нет, войдите."
    )

    @classmethod
    def code(cls) -> str:
        """To a client it is what any operation without a good token gets."""
        return Unauthenticated.code()


class SubscriptionLimit(Problem):
    """Too many operations on one socket; `most` says how many there may be."""

    russian = "Слишком много операций в одном соединении; `most` говорит, сколько можно."
