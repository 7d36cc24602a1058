"""The school, its noticeboard and one's mail. Rows are dicts with the names of the schema."""

from collections import defaultdict
from typing import Any

from database import rows
from viewer import Viewer


async def school(viewer: Viewer) -> Any:
    viewer.needs("school:read")
    [row] = await rows(viewer.school_id, "school")
    return {"shortName": row["short_name"], "timeZone": row["time_zone"]}


async def notices(viewer: Viewer, first: int = 20) -> Any:
    viewer.needs("notices:read")
    given = (viewer.person_id, viewer.oversees, *viewer.addressed_by, first)
    nodes = [
        {
            "key": row["id"],
            "id": viewer.id("Notice", row["id"]),
            "title": row["title"],
            "body": row["body"],
            "visibleFrom": row["visible_from"],
            "isPinned": row["is_pinned"],
            "authorName": row["author_name"],
            "isRead": row["is_read"],
        }
        for row in await rows(viewer.school_id, "notices", *given)
    ]
    return {"nodes": nodes}


async def read_counts_of(viewer: Viewer, keys: list[int]) -> list[int | None]:
    """For each notice how many have read it: for those who oversee the noticeboard."""
    viewer.needs("notices:publish")
    if not viewer.oversees:
        return [None for _ in keys]
    found = await rows(viewer.school_id, "read_counts", keys)
    counts = {row["notice_id"]: row["read_count"] for row in found}
    return [counts.get(key, 0) for key in keys]


async def attachments_of(viewer: Viewer, keys: list[int]) -> list[list[Any]]:
    """For each notice the files that belong to it."""
    found = defaultdict(list)
    for row in await rows(viewer.school_id, "attachments", keys):
        file = {"fileName": row["file_name"], "mediaType": row["media_type"], "size": row["size"]}
        found[row["notice_id"]].append(file)
    return [found[key] for key in keys]


async def mailbox(viewer: Viewer, first: int = 20) -> Any:
    viewer.needs("mail:use")
    nodes = [
        {
            "id": viewer.id("MailCopy", row["id"]),
            "at": row["at"],
            "readAt": row["read_at"],
            "message": {"subject": row["subject"], "senderName": row["sender_name"]},
        }
        for row in await rows(viewer.school_id, "mailbox", viewer.person_id, first)
    ]
    return {"nodes": nodes}


async def unread_counts(viewer: Viewer) -> Any:
    given = (viewer.person_id, *viewer.addressed_by)
    return dict((await rows(viewer.school_id, "unread_counts", *given))[0])
