"""Ids of requests, which stand in the response, in the log and in the audit log."""

from os import urandom

BYTES = 16
AT_ONCE = 256
"""How many ids are made from one call of `urandom`: a call for each request would take as long as
reading all its headers."""
READY: list[str] = []


def new_request_id() -> str:
    """An id of 32 hexadecimal digits that nobody can guess."""
    while True:
        try:
            return READY.pop()
        except IndexError:  # not `if READY`: another thread may take the last one
            digits = urandom(BYTES * AT_ONCE).hex()
            READY.extend(digits[i : i + 2 * BYTES] for i in range(0, len(digits), 2 * BYTES))
