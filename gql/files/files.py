"""Files."""

from datetime import datetime

import strawberry

from gql.answers import Node
from gql.bridge import field, mutation, node
from models.files import files as rows
from resolvers.files import files


@node(rows.File)
class File(Node):
    name: str
    media_type: str
    size: int
    status: rows.FileStatus
    uploaded_at: datetime | None
    url = field(files.download_url)


@node(files.HttpHeader)
class HttpHeader:
    name: str
    value: str


@strawberry.type
class Mutation:
    request_upload = mutation(files.request_upload)
