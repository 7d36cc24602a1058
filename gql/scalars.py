"""The scalars of the API: their form in JSON, and the values that are accepted."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from strawberry import scalar
from strawberry.types.scalar import ScalarDefinition

DIGITS = 30
"""Digits of a number. Longer ones are refused before any computation, which could take long."""
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def check_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a string")  # graphql-core expects a ValueError
    return value


def read_date(value: Any) -> date:
    if not DATE.fullmatch(check_text(value)):
        raise ValueError("not a date like 2026-09-01")
    return date.fromisoformat(value)


def read_date_time(value: Any) -> datetime:
    if not DATE_TIME.fullmatch(check_text(value)):
        raise ValueError("not a time like 2026-09-01T08:00:00Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except OverflowError as error:  # in UTC it is before the year 1, or after 9999
        raise ValueError("not a time of the years 1 to 9999") from error


def write_date_time(value: datetime) -> str:
    """Return the time in UTC by RFC 3339, with microseconds if there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(value: Any) -> time:
    if not re.fullmatch(r"\d\d:\d\d(:\d\d)?", check_text(value), re.ASCII):
        raise ValueError("not a time like 08:30")
    return time.fromisoformat(value)


def read_decimal(value: Any) -> Decimal:
    plain = value if isinstance(value, str) else repr(value)
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", plain, re.ASCII):
        raise ValueError(f"not a decimal number of at most {DIGITS} digits")
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise ValueError("not a decimal number") from error


def read_uuid(value: Any) -> UUID:
    return UUID(check_text(value))


def define_scalar(name: str, told: str, url: str, write: Any, read: Any) -> ScalarDefinition:
    definition: ScalarDefinition = scalar(
        name=name, description=told, specified_by_url=url, serialize=write, parse_value=read
    )
    return definition


RFC3339 = "https://www.rfc-editor.org/rfc/rfc3339"
SCALARS: Mapping[object, ScalarDefinition] = {
    date: define_scalar(
        "Date", "A day, school-local: `2026-09-01`.", RFC3339, date.isoformat, read_date
    ),
    datetime: define_scalar(
        "DateTime", "An instant in UTC: `2026-09-01T01:30:00Z`. Input may have any offset.",
        RFC3339, write_date_time, read_date_time,
    ),
    time: define_scalar(
        "LocalTime", "A time of day, school-local: `08:30:00`.", RFC3339, time.isoformat, read_time
    ),
    Decimal: define_scalar(
        "Decimal", "An exact decimal number, as a string: `4.44`.",
        "https://www.rfc-editor.org/rfc/rfc8259#section-6", lambda value: f"{value:f}",
        read_decimal,
    ),
    UUID: define_scalar(
        "UUID", "A universally unique identifier.", "https://www.rfc-editor.org/rfc/rfc9562",
        str, read_uuid,
    ),
}  # fmt: skip
