"""What can be wrong with a database, said to the person who has to mend it."""


class DatabaseProblem(Exception):
    """Its text is shown as it is: what is wrong, and what to do about it."""


class InUse(DatabaseProblem):
    """Another process owns this data directory."""


class NotStarted(DatabaseProblem):
    """The server did not come up; the text ends with the last lines of its log."""


class Unfit(DatabaseProblem):
    """The server answers, but cannot be Gorod's."""
