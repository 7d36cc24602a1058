"""The tests of homework, once more with clients at the door, where `setHomework` is one statement
behind its lock."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.timetable.test_due import *  # noqa: F403
from tests.timetable.test_homework import *  # noqa: F403
