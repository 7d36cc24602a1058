"""Parsing of HTTP/1.1 requests.

A request may offer an upgrade to another protocol: Java's HttpClient always offers `h2c`. A server
that does not speak it ignores the offer (RFC 9110, 7.8). uvicorn's parser stops at such a request
and drops its body, so its head is parsed once more, without the offer.
"""

import re
from abc import abstractmethod

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

INVALID = "Invalid HTTP request received."
BEHIND = "A WebSocket cannot be opened behind requests without an answer. Open a connection for it."
NO_HOST = "A request has one header `Host`, with the name or address of the server and its port."
NOT_CHUNKED = (
    "Bodies are sent in chunks or with `Content-Length`: the last coding must be `chunked`."
)
CODED = "`chunked` is the only transfer coding that this server reads."
OLD_CODED = (
    "A request by HTTP/1.0 has no `Transfer-Encoding`: send `Content-Length`, or use HTTP/1.1."
)
HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(:[0-9]*)?")
"""RFC 3986, 3.2.2 and 3.2.3."""
OF_UPGRADE = frozenset({b"upgrade", b"http2-settings"})
"""Headers of an upgrade, which are also the tokens of the header `Connection`."""


class AmbiguousRequest(Exception):
    """The target or the end of a request is ambiguous. A proxy could read it in another way, and
    take the rest for another request (request smuggling)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class HeadTooLong(Exception):
    """A head is longer than it may be."""


class ParsingProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with WebSocket as its only upgrade, and answers in JSON."""

    def feed(self, data: bytes) -> None:
        """Parse the received bytes."""
        self._unset_keepalive_if_required()
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    if self.cycle is not None and not self.cycle.response_complete:
                        self.refuse(400, BEHIND, "BAD_REQUEST")
                    else:
                        self.handle_websocket_upgrade()
                    return
                if self.parser.get_method() == b"CONNECT":
                    self.refuse(501, "This server is no proxy.", "BAD_REQUEST")
                    return
                data = self.head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = HttpRequestParser(self)
                # As uvicorn does: bytes after a request that closes the connection are ignored.
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            except HttpParserError as error:
                cause = error.__context__
                if isinstance(cause, HeadTooLong):
                    self.refuse_head()
                elif isinstance(cause, AmbiguousRequest):
                    self.refuse(cause.status, cause.message, "BAD_REQUEST")
                else:
                    self.logger.warning(INVALID)
                    self.refuse(400, INVALID, "BAD_REQUEST")
                return
            else:
                return

    def on_headers_complete(self) -> None:
        self.check_framing()
        if self.parser.should_upgrade() and not self._should_upgrade():
            return  # the head is parsed once more
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade() and not self._should_upgrade():
            return
        super().on_message_complete()

    def check_framing(self) -> None:
        """Check by RFC 9112, 3.2 and 6.1, what the parser accepts. Raises AmbiguousRequest."""
        hosts, is_old = 0, self.parser.get_http_version() == "1.0"
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
                if not HOST.fullmatch(value):
                    raise AmbiguousRequest(400, NO_HOST)
            elif name == b"transfer-encoding" and (is_old or value.lower() != b"chunked"):
                last = value.lower().rpartition(b",")[2].strip()
                if is_old:
                    raise AmbiguousRequest(400, OLD_CODED)
                raise (
                    AmbiguousRequest(501, CODED)
                    if last == b"chunked"
                    else AmbiguousRequest(400, NOT_CHUNKED)
                )
        if hosts != 1 and not (hosts == 0 and is_old):
            raise AmbiguousRequest(400, NO_HOST)

    def _should_upgrade(self) -> bool:
        """Whether a request opens a WebSocket (RFC 6455, 4.2.1)."""
        parser = self.parser
        is_new = parser.get_http_version() != "1.0"
        return is_new and parser.get_method() == b"GET" and super()._should_upgrade()

    def head_without_upgrade(self) -> bytes:
        """Return the head of the last parsed request, without the offer of an upgrade."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [token.strip() for token in value.split(b",")]
                kept = [one for one in tokens if one.lower() not in OF_UPGRADE]
                lines.append(b"connection: " + b", ".join(kept))
            elif name not in OF_UPGRADE:
                lines.append(name + b": " + value)
        return b"\r\n".join((*lines, b"", b""))

    @abstractmethod
    def refuse(self, status: int, message: str, code: str) -> None:
        """Answer in place of the application, and close the connection."""

    @abstractmethod
    def refuse_head(self) -> None:
        """Refuse a head that is too long."""
