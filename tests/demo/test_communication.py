"""Notices and letters of the small demo: each kind and each state occurs."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.demo.conftest import Loaded

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Barnaul"))


async def test_notices_are_for_every_kind_of_audience(small: Loaded) -> None:
    kinds = await small.fetch_rows("SELECT DISTINCT kind FROM notice_targets ORDER BY 1")
    assert [row["kind"] for row in kinds] == [
        "GRADE_LEVEL", "PERSON", "SCHOOL", "SCHOOL_CLASS", "SECTION",
    ]  # fmt: skip


async def test_notices_are_in_every_state(small: Loaded) -> None:
    notices = "SELECT count(*) FROM notices WHERE school_id = $1 AND "
    states = ("is_pinned", "edited_at IS NOT NULL", "withdrawn_at IS NOT NULL")
    for state in states:
        assert await small.fetch_value(notices + state, small.main) == 1, state
    assert await small.fetch_value(notices + "visible_until < $2", small.main, NOW) == 1
    assert await small.fetch_value(notices + "visible_from > $2", small.main, NOW) == 1
    assert await small.fetch_value(notices + "requires_acknowledgement", small.main) == 3


async def test_an_edited_notice_keeps_its_earlier_text(small: Loaded) -> None:
    [edited] = await small.fetch_rows(
        "SELECT v.body AS before, n.body AS after FROM notice_versions v JOIN notices n"
        " ON n.id = v.notice_id WHERE n.school_id = $1 AND v.replaced_at = n.edited_at",
        small.main,
    )
    assert edited["before"] != edited["after"]


async def test_notices_were_read_by_some_and_confirmed_by_fewer(small: Loaded) -> None:
    read = await small.fetch_value("SELECT count(*) FROM notice_receipts")
    confirmed = await small.fetch_value(
        "SELECT count(*) FROM notice_receipts WHERE acknowledged_at < $1", NOW
    )
    assert read > confirmed > 50
    early = await small.fetch_value(
        "SELECT count(*) FROM notice_receipts r JOIN notices n ON n.id = r.notice_id"
        " WHERE r.read_at < n.visible_from OR r.read_at > $1",
        NOW,
    )
    assert early == 0


async def test_a_mother_without_rights_has_read_nothing(small: Loaded) -> None:
    person = await small.find_person("parent.lebedeva")
    read = "SELECT count(*) FROM notice_receipts WHERE person_id = $1"
    assert await small.fetch_value(read, person["id"]) == 0


async def test_there_are_conversations_drafts_and_hidden_copies(small: Loaded) -> None:
    longest = await small.fetch_value(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM mail_messages GROUP BY thread_id"
        " HAVING thread_id IS NOT NULL) AS threads"
    )
    assert longest == 2  # answers, besides the first letter
    assert await small.fetch_value("SELECT count(*) FROM mail_messages WHERE sent_at IS NULL") == 2
    copies = await small.fetch_rows(
        "SELECT DISTINCT role, folder FROM mail_copies WHERE role <> 'FROM'"
    )
    assert {row["role"] for row in copies} == {"TO", "CC", "BCC"}
    assert {row["folder"] for row in copies} == {"INBOX", "ARCHIVE", "TRASH", None}


async def test_copies_fit_their_letters(small: Loaded) -> None:
    odd = await small.fetch_value(
        "SELECT count(*) FROM mail_copies c JOIN mail_messages m ON m.id = c.message_id WHERE"
        " (c.role = 'FROM') <> (c.person_id = m.sender_id)"
        " OR (m.sent_at IS NULL) <> (c.folder IS NULL OR c.folder = 'DRAFTS')"
        " OR c.read_at < m.sent_at OR m.sent_at > $1",
        NOW,
    )
    assert odd == 0


async def test_some_letters_lie_unread(small: Loaded) -> None:
    unread = "SELECT count(*) FROM mail_copies WHERE folder = 'INBOX' AND read_at IS NULL"
    assert await small.fetch_value(unread) > 5
    teacher = await small.find_person("teacher.belova")
    assert await small.fetch_value(unread + " AND person_id = $1", teacher["id"]) == 1


async def test_nothing_is_in_the_event_log(small: Loaded) -> None:
    assert await small.fetch_value("SELECT count(*) FROM events") == 0
    heads = await small.fetch_rows("SELECT event_seq, audit_seq, audit_hash FROM school_heads")
    assert heads == [{"event_seq": 0, "audit_seq": 0, "audit_hash": bytes(32)}] * 2
