"""Rules for files."""

from auth.actor import Viewer
from auth.policy import SELF, Reach, readable
from auth.rights import Right
from models.files.files import File


@readable(File, Right.FILES_UPLOAD)
def own_files(viewer: Viewer, file: type[File]) -> Reach:
    """People reach the files that they uploaded; others see a file only as an attachment of rows
    they may read."""
    return {SELF: file.owner_id == viewer.person_id}
