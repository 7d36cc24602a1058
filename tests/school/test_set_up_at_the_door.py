"""The tests of what a school is set up with, once more with clients at the door."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.school.test_rooms import *  # noqa: F403
