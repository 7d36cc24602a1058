"""Problems of a database, told to the operator who has to mend it."""

from typing import ClassVar

from models.operator import OperatorProblem


class DatabaseProblem(OperatorProblem):
    """Base of the problems of a database."""


class BadAddress(DatabaseProblem):
    """DATABASE_URL cannot be parsed. The text never quotes it, because it may hold a password."""

    exit_code: ClassVar[int] = 2


class NoDatabase(DatabaseProblem):
    """The data directory holds no database, and the command makes none."""

    exit_code: ClassVar[int] = 2


class Unfinished(DatabaseProblem):
    """A restore was interrupted and left half of an installation."""

    exit_code: ClassVar[int] = 2


class InUse(DatabaseProblem):
    """Another process uses this data directory."""


class NotStarted(DatabaseProblem):
    """The server did not start; the text ends with the last lines of its log."""


class Unfit(DatabaseProblem):
    """The server answers, but does not fit Gorod."""
