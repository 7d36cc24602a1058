"""Rules for closed journals."""

from sqlalchemy import true

from auth.actor import Viewer
from auth.policy import (
    SCHOOL,
    Reach,
    readable,
)
from auth.rights import Right
from models.journal.closures import JournalClosure


@readable(JournalClosure, Right.JOURNAL_CLOSE)
def read_closures(viewer: Viewer, closure: type[JournalClosure]) -> Reach:
    """The right for the whole school reaches all closures."""
    return {SCHOOL: true()}
