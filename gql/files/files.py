"""Files."""

from datetime import datetime

import strawberry

from gql.answers import Node
from gql.bridge import keyed, mutation, node
from models.files import files as rows
from resolvers.files import files


@node(rows.File)
class File(Node):
    name: str
    media_type: str
    size: int
    status: rows.FileStatus
    uploaded_at: datetime | None
    url = keyed(files.download_url, "id", when="uploaded_at")


@node(files.HttpHeader)
class HttpHeader:
    name: str
    value: str


@strawberry.type
class Mutation:
    request_upload = mutation(files.request_upload)
