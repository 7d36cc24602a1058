"""All that is told of term marks elsewhere is told here once more, of who asks at the door."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.journal.test_term_marks import *  # noqa: F403
