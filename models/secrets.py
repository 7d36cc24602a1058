"""Encryption of single columns, blind indexes to find them by, and masks to show them by."""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SCHEME = b"\x01"
"""First byte of every sealed value, so that a later scheme can be told from this one."""
NONCE = 12
SHORTEST_SHOWN = 6
CHECKED = ("secret_keys", "sealed")
"""The place of check values."""
UNCHECKED_UP_TO = 1_001_998
"""Insurance numbers up to 001-001-998 were issued before there were check digits."""


class Secrets:
    """Seals, opens and signs values under keys derived from one master key of at least 32 bytes.

    A value is bound to its place (table, column, school, owner's id): it does not open when it is
    moved to another row, column or school.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("a master key has at least 32 bytes")
        self._cipher = AESGCM(derive_key(key, b"gorod: sealed columns"))
        self._index_key = derive_key(key, b"gorod: blind index")
        self._link_key = derive_key(key, b"gorod: signed links")
        self._digest_key = derive_key(key, b"gorod: digests")

    def seal(self, plain: str, *place: object) -> bytes:
        """Encrypt (AES-256-GCM) for the place. Returns scheme, nonce, and ciphertext with its
        tag."""
        nonce = secrets.token_bytes(NONCE)
        return SCHEME + nonce + self._cipher.encrypt(nonce, plain.encode(), encode_place(place))

    def open(self, sealed: bytes, *place: object) -> str:
        """Decrypt. Raises InvalidTag for a wrong key, a wrong place or a changed byte."""
        nonce, body = sealed[1 : 1 + NONCE], sealed[1 + NONCE :]
        return self._cipher.decrypt(nonce, body, encode_place(place)).decode()

    def opens(self, sealed: bytes, *place: object) -> bool:
        """Whether a value of that place was sealed with this key."""
        try:
            self.open(sealed, *place)
        except InvalidTag:
            return False
        return True

    def make_check_value(self) -> bytes:
        """Make a value by which `opens_check` tells this key from any other."""
        return self.seal("gorod", *CHECKED)

    def opens_check(self, check_value: bytes) -> bool:
        return self.opens(check_value, *CHECKED)

    def index(self, plain: str) -> bytes:
        """Return a keyed hash of the value without its punctuation, to find it without
        decrypting."""
        return keyed_hash(self._index_key, normalise(plain).encode())

    def digest(self, content: bytes) -> bytes:
        """Return a keyed hash of 32 bytes, to tell whether content is the same without keeping
        it."""
        return keyed_hash(self._digest_key, content)

    def sign(self, content: bytes) -> str:
        """Return the content with its keyed hash, fit for a URL. Anyone can read it; nobody else
        can make it."""
        mac = keyed_hash(self._link_key, content)
        return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (content, mac))

    def unsign(self, signed: str) -> bytes | None:
        """Return the signed content; None if we did not sign it, or if it was changed since."""
        try:
            content, mac = (urlsafe_b64decode(f"{p}==".encode()) for p in signed.split("."))
        except ValueError:
            return None
        return content if hmac.compare_digest(mac, keyed_hash(self._link_key, content)) else None


def derive_key(key: bytes, purpose: bytes) -> bytes:
    """Derive from the master key a key for one purpose."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)


def keyed_hash(key: bytes, content: bytes) -> bytes:
    mac = HMAC(key, SHA256())
    mac.update(content)
    return mac.finalize()


def encode_place(place: tuple[object, ...]) -> bytes:
    """Return the place as bytes. Lengths go first, so that ("a", "bc") is not ("ab", "c")."""
    parts = [SCHEME, *(str(part).encode() for part in place)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def normalise(plain: str) -> str:
    """Keep letters and digits only, in lower case: `112-233-445 95` and `11223344595` are equal."""
    return "".join(filter(str.isalnum, plain)).lower()


def mask_snils(snils: str) -> str:
    """`112-233-445 95` -> `***-***-*45 95`, whatever separators it came with."""
    digits = normalise(snils).zfill(11)
    return f"***-***-*{digits[7:9]} {digits[9:11]}"


def mask_document(number: str) -> str:
    """`46 00 918762` -> `** ** ***762`: separators and the last three characters stay.

    A number of fewer than six characters is masked as a whole, because three would tell too much.
    """
    hidden = len(number) - 3 if len(number) >= SHORTEST_SHOWN else len(number)
    return re.sub(r"\w", "*", number[:hidden]) + number[hidden:]


def is_valid_snils(snils: str) -> bool:
    """Whether it has eleven digits, with or without the usual separators, and the last two are
    right."""
    if not re.fullmatch(r"\d{3}([ -]?)\d{3}\1\d{3}[ -]?\d{2}", snils, re.ASCII):
        return False
    digits = normalise(snils)
    number, check = digits[:9], int(digits[9:])
    unchecked = int(number) <= UNCHECKED_UP_TO
    return int(number) > 0 and (unchecked or check == compute_check_digits(number))


def compute_check_digits(number: str) -> int:
    """Compute the check digits, 0..99, of the nine digits that come before them."""
    return sum(int(digit) * (9 - place) for place, digit in enumerate(number)) % 101 % 100
