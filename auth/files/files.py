"""Rules for files."""

from auth.actor import Viewer
from auth.policy import SELF, Reach, readable
from auth.rights import Right
from models.files.files import File


@readable(File, Right.FILES_UPLOAD)
def own_files(viewer: Viewer, file: type[File]) -> Reach:
    """A file by itself is its owner's; others see it as an attachment of what they may read."""
    return {SELF: file.owner_id == viewer.person_id}
