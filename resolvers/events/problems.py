"""The Problems of subscriptions."""

from models.problems import Problem, Unauthenticated


class AccessRevoked(Problem):
    """You may no longer listen to this: the role or the right to it has ended."""

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
        """Return the code of every operation without a valid token."""
        return Unauthenticated.code()


class SubscriptionLimit(Problem):
    """Too many operations on one socket; `most` says how many there may be."""

    russian = "Слишком много операций в одном соединении; `most` говорит, сколько можно."
