"""Ids of requests: each response has one, and so have the log and the audit log."""

from os import urandom

BYTES = 16
AT_ONCE = 256
"""Ids that are made of one call of the system: the call takes as long as reading all headers."""
READY: list[str] = []


def new_request_id() -> str:
    """An id of 32 hexadecimal digits that nobody can guess."""
    while True:
        try:
            return READY.pop()
        except IndexError:  # also where another thread took the last one
            digits = urandom(BYTES * AT_ONCE).hex()
            READY.extend(digits[i : i + 2 * BYTES] for i in range(0, len(digits), 2 * BYTES))
