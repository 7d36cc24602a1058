"""An S3 bucket in this process: as much of the protocol as uploads need."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

NAME, NEVER = "uploads", 1 << 60
KEYS = {
    "AWS_ACCESS_KEY_ID": "school",
    "AWS_SECRET_ACCESS_KEY": "only for tests",
    "AWS_REGION": "eu-north-1",
    "AWS_ALLOW_HTTP": "true",
}


class Bucket:
    """objects: The stored objects, by key. asked: How many requests came.

    silent: Whether requests are taken and never answered.
    silent_after: How many requests are answered, if not all.
    broken: The status that all requests are answered with, if any.
    exists: Whether there is such a bucket.
    cut_after: Bytes of an object after which a download is cut off.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.asked = 0
        self.silent, self.broken, self.exists = False, 0, True
        self.silent_after, self.cut_after = NEVER, NEVER
        self.freed = threading.Event()
        self.server: Server | None = None
        self.port = 0
        self.begin()

    @property
    def url(self) -> str:
        return f"s3://{NAME}/gorod"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of a process that uses it."""
        return {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}"}

    def begin(self) -> None:
        """Listen, again on the same port."""
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.bucket, self.port = self, self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def end(self) -> None:
        """Refuse connections."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


class Server(ThreadingHTTPServer):
    bucket: Bucket
    daemon_threads = True
    block_on_close = False


@contextmanager
def open_bucket() -> Iterator[Bucket]:
    bucket = Bucket()
    try:
        yield bucket
    finally:
        bucket.freed.set()
        bucket.end()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def handle_one(self) -> None:
        bucket, split = self.server.bucket, urlsplit(self.path)
        bucket.asked += 1
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if bucket.silent or bucket.asked > bucket.silent_after:
            bucket.freed.wait()
            self.close_connection = True
            return
        if bucket.broken:
            self.answer(bucket.broken, b"<Error><Code>Broken</Code></Error>")
            return
        if not bucket.exists:
            self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return
        asked = {name: found[0] for name, found in parse_qs(split.query, True).items()}
        key = unquote(split.path).removeprefix(f"/{NAME}").removeprefix("/")
        getattr(self, f"on_{self.command.lower()}")(bucket, key, asked, body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one  # noqa: N815  # its names

    def on_get(self, bucket: Bucket, key: str, asked: dict[str, str], _: bytes) -> None:
        if not key:
            self.answer(200, listing(bucket, asked))
        elif (content := bucket.objects.get(key)) is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif len(content) <= bucket.cut_after:
            self.answer(200, content)
        else:
            self.head(200, len(content))
            self.wfile.write(content[: bucket.cut_after])
            self.close_connection = True

    on_head = on_get

    def on_put(self, bucket: Bucket, key: str, asked: dict[str, str], body: bytes) -> None:
        if "uploadId" in asked:
            bucket.parts[asked["uploadId"]][int(asked["partNumber"])] = body
        else:
            bucket.objects[key] = body
        self.answer(200, b"")

    def on_post(self, bucket: Bucket, key: str, asked: dict[str, str], body: bytes) -> None:
        if "delete" in asked:
            gone = [found.text or "" for found in ElementTree.fromstring(body).iter() if
                    found.tag.endswith("Key")]  # fmt: skip
            for one in gone:
                bucket.objects.pop(one, None)
            told = "".join(f"<Deleted><Key>{escape(one)}</Key></Deleted>" for one in gone)
            self.answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        elif "uploads" in asked:
            bucket.parts[f"upload-{len(bucket.parts)}"] = {}
            told = f"<UploadId>upload-{len(bucket.parts) - 1}</UploadId>"
            self.answer(
                200,
                f"<InitiateMultipartUploadResult><Bucket>{NAME}</Bucket><Key>{escape(key)}</Key>"
                f"{told}</InitiateMultipartUploadResult>".encode(),
            )
        else:
            parts = bucket.parts.pop(asked["uploadId"])
            bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self.answer(
                200,
                b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>",
            )

    def on_delete(self, bucket: Bucket, key: str, asked: dict[str, str], _: bytes) -> None:
        if "uploadId" in asked:
            bucket.parts.pop(asked["uploadId"], None)
        else:
            bucket.objects.pop(key, None)
        self.answer(204, b"")

    def head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
        self.end_headers()

    def answer(self, status: int, content: bytes) -> None:
        self.head(status, len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing: a test looks through the log of the API."""


def listing(bucket: Bucket, asked: dict[str, str]) -> bytes:
    """ListObjectsV2, all in one page."""
    prefix, cut = asked.get("prefix", ""), asked.get("delimiter")
    keys = sorted(key for key in bucket.objects if key.startswith(prefix))
    folders: set[str] = set()
    if cut:
        folders = {prefix + key.removeprefix(prefix).partition(cut)[0] + cut for key in keys
                   if cut in key.removeprefix(prefix)}  # fmt: skip
        keys = [key for key in keys if cut not in key.removeprefix(prefix)]
    told = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(bucket.objects[key])}</Size>"
        "<LastModified>2026-11-28T12:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
        for key in keys
    ) + "".join(
        f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>"
        for one in sorted(folders)
    )
    return f"<ListBucketResult><Name>{NAME}</Name>{told}</ListBucketResult>".encode()
