"""What can be wrong with an installation, said to the person who runs it."""

from typing import ClassVar


class OperatorProblem(Exception):
    """Its text is shown as it is: what is wrong, and what to do about it.

    exit_code: Of the command that ends with it: 1 when it failed, 2 when it was asked wrongly.
    """

    exit_code: ClassVar[int] = 1
