"""The import of a set: into which school, all of it or nothing, and once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models.problems import NoSuchTimeZone
from resolvers.access.audit import verify_chain
from resolvers.exchange.oneroster import read, writing
from resolvers.exchange.oneroster.book import Shelf
from tests.exchange.imported import Import, codes_of, get_school, sum_counts
from tests.exchange.rosters import DIALECTS, FIXTURES, read_text, read_with


@pytest.fixture
def statements_of_all() -> Iterator[list[str]]:
    """The statements of every engine, including the import's own."""
    sent: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


async def test_no_account_password_or_role_comes_with_a_set(importer: Import) -> None:
    before = await importer.sum_tables()
    school = get_school(await importer.apply(read(FIXTURES / "v1p1")))
    after = await importer.sum_tables()
    for table in ("accounts", "credentials", "credential_schools", "role_grants", "sessions"):
        assert after[table] == before[table], table
    rights = await importer.fetch_rows(
        "SELECT count(*) FROM role_rights WHERE school_id = :s", s=school
    )
    assert rights != [(0,)]


# -- all, nothing, and once -----------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_dry_run_reports_the_same_as_an_import_and_writes_nothing(
    importer: Import, dialect: str
) -> None:
    before, roster = await importer.sum_tables(), read(FIXTURES / dialect)
    dry = await importer.dry_run(roster)
    assert await importer.sum_tables() == before
    assert not dry.applied
    wet = await importer.apply(roster)
    assert (wet.applied, wet.schools[0].counts) == (True, dry.schools[0].counts)
    assert await importer.sum_tables() != before


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_second_time_nothing_changes(importer: Import, dialect: str) -> None:
    await importer.apply(read(FIXTURES / dialect))
    before = await importer.sum_tables()
    again = await importer.apply(read(FIXTURES / dialect))
    assert sum_counts(again).changed == 0
    assert sum_counts(again).unchanged > 20
    assert await importer.sum_tables() == before


async def test_a_broken_row_keeps_everything_out(importer: Import, tmp_path: Path) -> None:
    before = await importer.sum_tables()
    users = read_text("users").replace("Мария,Петрова", ",Петрова")
    report = await importer.apply(read_with(tmp_path, "v1p1", users=users))
    assert not report.applied
    assert report.errors
    assert await importer.sum_tables() == before


async def test_a_failure_halfway_leaves_nothing_behind(
    importer: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure comes between the classes and their lists."""
    before, insert = await importer.sum_tables(), writing.insert

    async def fail_late(session: AsyncSession, shelf: Shelf, *rest: Any) -> None:
        if shelf.kind.__tablename__ == "section_memberships":
            raise KeyboardInterrupt
        await insert(session, shelf, *rest)

    monkeypatch.setattr(writing, "insert", fail_late)
    with pytest.raises(KeyboardInterrupt):
        await importer.apply(read(FIXTURES / "v1p1"))
    assert await importer.sum_tables() == before
    monkeypatch.undo()
    assert (await importer.apply(read(FIXTURES / "v1p1"))).applied


async def test_of_two_at_once_the_second_finds_everything_done(importer: Import) -> None:
    roster = read(FIXTURES / "v1p2")
    reports = await asyncio.gather(*(importer.apply(roster) for _ in range(3)))
    assert sorted(sum_counts(it).changed > 0 for it in reports) == [False, False, True]
    schools = await importer.fetch_rows("SELECT count(*) FROM schools WHERE sourced_id = 'sch-1'")
    assert schools == [(1,)]


async def test_an_import_is_recorded_in_the_audit_log_of_its_school(
    importer: Import, engine: AsyncEngine
) -> None:
    school = get_school(await importer.apply(read(FIXTURES / "v1p1")))
    await importer.apply(read(FIXTURES / "v1p1"))
    told = "SELECT action, role, entity, details FROM audit_events WHERE school_id = :s"
    [(action, role, entity, details)] = await importer.fetch_rows(told, s=school)
    assert (action, role, entity) == (
        "gorod import oneroster",
        None,
        f"School:{school}-{school}",
    )
    done = {"name": "Student", "values": ["2 created, 0 updated, 0 ended"]}
    assert done in details
    async with AsyncSession(engine) as session:
        assert await verify_chain(session, school) is None


# -- schools --------------------------------------------------------------------------


async def test_a_set_can_be_the_school_that_is_here(importer: Import) -> None:
    [(school, version)] = await importer.fetch_rows(
        "INSERT INTO schools (version, short_name, full_name, time_zone)"
        " VALUES (1, 'Гимназия', 'Гимназия', 'Asia/Omsk') RETURNING id, version"
    )
    await importer.fetch_rows(
        "INSERT INTO school_heads VALUES (:s, 0, 0, :zero) RETURNING 1", s=school, zero=bytes(32)
    )
    report = await importer.apply(read(FIXTURES / "v1p1"), school=school)
    assert (report.applied, get_school(report)) == (True, school)
    card = "SELECT short_name, sourced_id, version FROM schools WHERE id = :s"
    assert await importer.fetch_rows(card, s=school) == [("Гимназия", "sch-1", version + 1)]
    assert sum_counts(await importer.apply(read(FIXTURES / "v1p1"))).changed == 0


async def test_unknown_schools_and_unknown_time_zones_are_refused(
    importer: Import,
) -> None:
    report = await importer.apply(read(FIXTURES / "v1p1"), school=10_000)
    assert (report.applied, "SCHOOL_UNKNOWN" in codes_of(report)) == (False, True)
    with pytest.raises(NoSuchTimeZone):
        await importer.dry_run(read(FIXTURES / "v1p1"), time_zone="Europe/Nowhere")


async def test_two_schools_of_a_set_are_two_schools_here(importer: Import, tmp_path: Path) -> None:
    orgs = read_text("orgs") + "sch-2,,,Лицей № 2,school,,\n"
    users = read_text("users").replace("dir,,2025-08-15T09:30:00.000Z,TRUE,sch-1",
                                  'dir,,2025-08-15T09:30:00.000Z,TRUE,"sch-1,sch-2"')  # fmt: skip
    report = await importer.apply(read_with(tmp_path, "v1p1", orgs=orgs, users=users))
    assert [school.counts["Person"].created for school in report.schools] == [6, 1]
    hers = "SELECT school_id FROM staff WHERE sourced_id = 'dir' ORDER BY 1"
    assert await importer.fetch_rows(hers) == [(school.school_id,) for school in report.schools]


# -- costs ----------------------------------------------------------------------------


async def test_the_statements_do_not_grow_with_the_people(
    importer: Import, tmp_path: Path, statements_of_all: list[str]
) -> None:
    """A handful for each kind of row; eight hundred more people cost no more."""
    small = read(FIXTURES / "v1p1")
    people = [f"s-{n},active,,TRUE,sch-1,student,,,Имя,Фамилия{n},,,,,,,07,,\n" for n in range(800)]
    lists = [f"l-{n},active,,cls-7a,sch-1,s-{n},student,false,,\n" for n in range(800)]
    users, enrollments = (
        read_text("users") + "".join(people),
        read_text("enrollments") + "".join(lists),
    )
    await importer.apply(small)
    alone = len(statements_of_all)
    statements_of_all.clear()
    report = await importer.apply(read_with(tmp_path, "v1p1", users=users, enrollments=enrollments))
    assert report.schools[0].counts["Student"].created == 800
    assert len(statements_of_all) <= alone
