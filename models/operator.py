"""Problems of an installation, told to the person who runs it."""

from typing import ClassVar


class OperatorProblem(Exception):
    """A problem whose text is shown as it is: it says what is wrong and what to do about it.

    exit_code: The exit code of the command: 1 when it failed, 2 when its arguments were wrong.
    """

    exit_code: ClassVar[int] = 1
