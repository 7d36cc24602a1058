"""All that is told of notices, receipts and the mail elsewhere is told here once more, of who
asks at the door."""

from tests.at_the_door import *  # noqa: F403  # its fixtures
from tests.communication.test_drafts import *  # noqa: F403
from tests.communication.test_letters import *  # noqa: F403
from tests.communication.test_mail import *  # noqa: F403
from tests.communication.test_notices import *  # noqa: F403
from tests.communication.test_notices_changing import *  # noqa: F403
from tests.communication.test_publishing_rights import *  # noqa: F403
from tests.communication.test_receipts import *  # noqa: F403
