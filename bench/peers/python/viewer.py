"""Who asks, remembered for five seconds."""

import hashlib
import time
from typing import Any

from database import rows

KEPT = 5.0
known: dict[str, tuple[float, "Viewer"]] = {}


class Viewer:
    """A line of viewer.sql."""

    def __init__(self, line: Any) -> None:
        self.__dict__.update(line)
        self.may = set(line["rights"])

    @property
    def reach(self) -> list[Any]:
        """What decides whose journal one sees, in the order the statements take it."""
        return [self.oversees, self.taught, self.wards, self.family]

    @property
    def addressed_by(self) -> list[Any]:
        """Whom notices for the viewer may name."""
        return [self.family, self.classes, self.addressed, self.grades]

    def needs(self, right: str) -> None:
        if right not in self.may:
            raise PermissionError("FORBIDDEN")

    def id(self, type_: str, key: int) -> str:
        return f"{type_}:{self.school_id}-{key}"

    def key(self, text: str) -> int:
        """The key in an id of the viewer's school; 0 is nobody's."""
        school_id, key = text.partition(":")[2].split("-")
        return int(key) if int(school_id) == self.school_id else 0


async def viewer_of(authorization: str | None) -> Viewer:
    token = (authorization or "").removeprefix("Bearer ")
    until, viewer = known.get(token, (0.0, None))
    if viewer is None or until < time.monotonic():
        school_id = int(token.partition(".")[0])
        found = await rows(school_id, "viewer", hashlib.sha256(token.encode()).digest())
        viewer = Viewer(found[0])
        known[token] = time.monotonic() + KEPT, viewer
    return viewer
