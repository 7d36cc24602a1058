"""The cache of token holders: the day and the actor that it gives."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from auth.actor import Actor
from models.access.roles import Role
from resolvers.services.sessions import Known

ACTOR = Actor(
    school_id=1, time_zone="Asia/Kamchatka", account_id=2, session_id=3, person_id=4,
    role=Role.PARENT, grants=frozenset(), guardian_id=5, today=date(2026, 1, 1),
    now=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def make_known(zone: str) -> Known:
    return Known(ACTOR, ACTOR.viewer, ZoneInfo(zone), ACTOR.values, 0.0)


@pytest.mark.parametrize(
    "zone", ["Asia/Kamchatka", "Europe/Kaliningrad", "America/Santiago", "UTC"]
)
def test_the_day_is_the_one_of_the_school_at_each_moment(zone: str) -> None:
    """The clock of a school may change at midnight, and time may go back."""
    one, began = make_known(zone), datetime(2026, 4, 4, 20, 59, tzinfo=UTC)
    moments = [began + timedelta(minutes=10 * n) for n in range(500)]
    for now in (*moments, *reversed(moments)):
        assert one.day(now) == now.astimezone(ZoneInfo(zone)).date()


def test_an_actor_differs_in_the_time_only() -> None:
    now = datetime(2026, 9, 1, 13, 0, tzinfo=UTC)
    expected = replace(ACTOR, now=now, today=date(2026, 9, 2))
    assert make_known("Asia/Kamchatka").at_moment(now) == expected
