"""The tests of what a school is set up with, once more with clients at the door."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.journal.test_assignment_types import *  # noqa: F403
from tests.school.test_holidays import *  # noqa: F403
from tests.school.test_rooms import *  # noqa: F403
from tests.structure.test_subjects import *  # noqa: F403
