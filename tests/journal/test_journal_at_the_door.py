"""All that is told of attendance, of assignments and of cancelled lessons elsewhere is told here
once more, of who asks at the door."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.journal.test_assignments import *  # noqa: F403
from tests.journal.test_attendance import *  # noqa: F403
from tests.journal.test_cancelled_lessons import *  # noqa: F403
