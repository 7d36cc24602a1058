"""Requesting uploads, and links for uploads and downloads."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import func, select

from auth.actor import Actor
from auth.rights import Right
from models.base import Id, OfSchool
from models.files.files import File, FileStatus
from models.problems import Limit, OutOfRange, Problem
from models.school.schools import School
from resolvers.core.command import command
from resolvers.core.context import Ctx, Services
from resolvers.files.kinds import KINDS, media_type_of
from resolvers.files.links import Link, Way
from resolvers.services.storage import StorageFull

UPLOADABLE, DOWNLOADABLE = timedelta(minutes=15), timedelta(minutes=10)
MOST_PENDING = 50
"""The most files of a person that are announced and not uploaded yet."""
LONGEST_NAME = 255
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of text: with them a name could show a false extension."""


class TypeNotTaken(Problem):
    """Files of this type are not taken; send PDF, PNG, JPEG, GIF, WebP, MP3, MP4, ZIP, DOCX, XLSX,
    PPTX, ODT, plain text or CSV."""

    russian = (
        "Файлы такого типа не принимаются; подойдут PDF, PNG, JPEG, GIF, WebP, MP3, MP4, ZIP, "
        "DOCX, XLSX, PPTX, ODT, обычный текст или CSV."
    )


class FileNameMalformed(Problem):
    """A file name has no path and nothing invisible, at most {most} characters, and the extension
    of its type; rename the file."""

    russian = (
        "Имя файла — без пути и невидимых знаков, не длиннее {most} символов и с расширением "
        "своего типа; переименуйте файл."
    )


@dataclass(frozen=True)
class HttpHeader:
    """A header of an HTTP request.

    name: Its name.
    value: Its value.
    """

    name: str
    value: str


@dataclass
class UploadInvited:
    """An announced file, with the HTTP request that uploads its bytes.

    file: The file.
    url: The address for the bytes, exactly as many as announced; null once they are uploaded.
        Anybody who has this address can use it.
    method: The HTTP method.
    headers: Headers to send with it.
    expires_at: When the address expires.
    """

    file: File
    url: str | None
    method: str
    headers: list[HttpHeader]
    expires_at: datetime


async def invite_upload(ctx: Ctx, file: File) -> UploadInvited:
    url, expires_at = link_to(ctx.caller.services, ctx.actor, file.global_id, Way.UP, UPLOADABLE)
    awaited = file.status is FileStatus.PENDING
    headers = [HttpHeader("Content-Type", file.media_type)]
    return UploadInvited(file, url if awaited else None, "PUT", headers, expires_at)


def link_to(
    services: Services, actor: Actor, row: Id[OfSchool], way: Way, lasts: timedelta
) -> tuple[str, datetime]:
    """Make a link that the actor can use for a time, as long as their session lives and they may
    see the row."""
    expires = int((actor.now + lasts).timestamp())
    link = Link(way, row, actor.session_id, expires)
    url = f"{services.public_url}/files/{link.token(services.secrets)}"
    return url, datetime.fromtimestamp(expires, UTC)


@command(
    Right.FILES_UPLOAD,
    Limit,
    TypeNotTaken,
    FileNameMalformed,
    OutOfRange,
    StorageFull,
    repeated=invite_upload,
    keeps_rights=True,
)
async def request_upload(
    ctx: Ctx, *, name: str, media_type: str, size: int, idempotency_key: UUID | None = None
) -> UploadInvited:
    """Announce a file and get an address for its bytes (загрузить файл). It can be attached once
    they are uploaded, and are of the announced size and type.

    name: Its name without a path, at most 255 characters, with the extension of its type.
    media_type: Its media type from the browser: PDF, PNG, JPEG, GIF, WebP, HEIC, MP3, M4A, MP4,
        MOV, ZIP, DOC, DOCX, XLS, XLSX, PPT, PPTX, ODT, ODS, ODP, RTF, plain text or CSV. The file
        gets the registered media type of its extension.
    size: Size in bytes; at most `school.uploadBytes`.
    """
    media_type = media_type_of(name, media_type)
    if (kind := KINDS.get(media_type)) is None:
        raise TypeNotTaken(field="media_type")
    if not is_plain(name) or PurePosixPath(name).suffix.lower() not in kind.extensions:
        raise FileNameMalformed(field="name", most=LONGEST_NAME)
    largest = select(School.upload_bytes).where(School.id == ctx.actor.school_id)
    most_bytes = (await ctx.session.scalars(largest)).one()
    if size < 1:
        raise OutOfRange(field="size", least=1, most=most_bytes)
    mine = (File.school_id == ctx.actor.school_id, File.owner_id == ctx.actor.person_id)
    late = File.created_at > ctx.actor.now - UPLOADABLE
    pending = select(func.count()).where(*mine, File.status == FileStatus.PENDING, late)
    limits: Mapping[str | None, tuple[int, int]] = {
        "size": (size, most_bytes),
        None: (1 + (await ctx.session.scalars(pending)).one(), MOST_PENDING),
    }
    for field, (wanted, most) in limits.items():
        if wanted > most:
            raise Limit(field=field, most=most)
    ctx.caller.services.storage.expect_room(size)
    file = File(
        owner_id=ctx.actor.person_id,
        name=name,
        media_type=media_type,
        size=size,
        status=FileStatus.PENDING,
        created_at=ctx.actor.now,
    )
    ctx.session.add(file)
    await ctx.session.flush()
    return await invite_upload(ctx, file)


def is_plain(name: str) -> bool:
    """Whether it is a file name without a path or invisible characters."""
    hidden = any(unicodedata.category(c) in UNSEEN or c in TURNING for c in name)
    return 0 < len(name) <= LONGEST_NAME and not hidden and not set(name) & set("/\\")


def download_url(services: Services, actor: Actor, row: type[OfSchool], key: int) -> str:
    """The address of the bytes, for ten minutes, in this session, and as long as the viewer may see
    the row that they are attached to; null until they are uploaded."""
    found = Id(row, actor.school_id, key)
    return link_to(services, actor, found, Way.DOWN, DOWNLOADABLE)[0]
