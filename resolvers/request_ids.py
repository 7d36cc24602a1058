"""Ids of requests: each response has one, and so have the log and the audit log."""

from collections.abc import Iterator
from os import urandom

BYTES = 16
AT_ONCE = 256
"""Ids that are made of one call of the system: the call takes as long as reading all headers."""


def random_ids() -> Iterator[str]:
    """Ids of 32 hexadecimal digits that nobody can guess."""
    while True:
        digits = urandom(BYTES * AT_ONCE).hex()
        for begin in range(0, len(digits), 2 * BYTES):
            yield digits[begin : begin + 2 * BYTES]


new_request_id = random_ids().__next__
