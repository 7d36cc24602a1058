"""Specimens of files."""

from auth.rights import Right
from models.files.files import File, FileStatus
from tests.specimens.declaring import SELF, Specimens, show
from tests.specimens.stories import NOW

Specimens(
    File,
    {
        f"{name}'s": {"owner": name, "status": FileStatus.READY, "size": 10,
                      "name": f"{name}.pdf", "uploaded_at": NOW}
        for name in ("masha", "belova", "mother", "boris")
    },
    {
        Right.FILES_UPLOAD: {
            SELF: show({
                "masha": "masha's", "belova": "belova's", "mother": "mother's",
                "boris, boris of 8A": "boris's",
            })
        }
    },
)  # fmt: skip
