"""What can be wrong with a database, said to the person who has to mend it."""

from typing import ClassVar

from models.operator import OperatorProblem


class DatabaseProblem(OperatorProblem):
    """Base of what can be wrong with a database."""


class BadAddress(DatabaseProblem):
    """DATABASE_URL cannot be read. The text never quotes it: it may hold a password."""

    exit_code: ClassVar[int] = 2


class NoDatabase(DatabaseProblem):
    """The data directory holds no database, and the command makes none."""

    exit_code: ClassVar[int] = 2


class Unfinished(DatabaseProblem):
    """A restore was cut off: there is half of an installation."""

    exit_code: ClassVar[int] = 2


class InUse(DatabaseProblem):
    """Another process owns this data directory."""


class NotStarted(DatabaseProblem):
    """The server did not come up; the text ends with the last lines that it wrote to its log."""


class Unfit(DatabaseProblem):
    """The server answers, but cannot be Gorod's."""
