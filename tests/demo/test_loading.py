"""Loading a demo: the same each time, beside other schools, as any user, on any day of the year."""

import asyncio
from datetime import date

import pytest
from sqlalchemy import ForeignKeyConstraint, Table

from models.base import Record
from resolvers import demo
from resolvers.demo.ledger import is_numbered
from tests.conftest import KEY
from tests.demo.conftest import Fresh, Loaded, load, open_loaded

RANDOM = ("_encrypted", "password_hash", "sealed", "made_at")
"""Ends of the names of columns that must differ each time: nonces, salts, and times of keys."""


def make_hash_query(table: Table) -> str:
    """Return SQL for a hash of all rows."""
    kept = [column.name for column in table.columns if not column.name.endswith(RANDOM)]
    return (
        f"SELECT md5(string_agg(row::text, '\n' ORDER BY row::text))"
        f" FROM (SELECT {', '.join(kept)} FROM {table.name}) AS row"
    )


async def hash_tables(loaded: Loaded) -> dict[str, str]:
    tables = Record.metadata.sorted_tables
    return {table.name: await loaded.fetch_value(make_hash_query(table)) for table in tables}


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_the_same_seed_and_day_make_the_same_schools_even_behind_the_walls(
    small: Loaded, fresh: Fresh
) -> None:
    """The owner of the tables loads the schools again, as on a hosted server: without a superuser
    or COPY, and with every reference checked. A right that comes with a role is theirs only once
    they act as that role.
    """
    url = await fresh("demo_owned")
    owner = "operator_of_the_tables"
    async with open_loaded(url) as again:
        await again.connection.execute(
            f"DROP ROLE IF EXISTS {owner}; CREATE ROLE {owner} LOGIN NOINHERIT IN ROLE gorod_owner"
        )
        as_owner = url.replace("postgres@", f"{owner}@")
        await load(as_owner)
        assert len(await demo.logins(as_owner)) == 12
        assert await again.fetch_value("SELECT count(*) FROM students") == 102
        assert await hash_tables(again) == await hash_tables(small)


@pytest.mark.lengthy
async def test_two_first_starts_at_once_make_one_school(fresh: Fresh) -> None:
    url = await fresh("demo_first")
    told: list[str] = []
    first = demo.load_first(url, KEY, lambda name, _: told.append(name))
    second = demo.load_first(url, KEY, lambda name, _: told.append(name))
    await asyncio.gather(first, second)
    async with open_loaded(url) as loaded:
        assert (
            await loaded.fetch_value("SELECT count(*) FROM schools WHERE sourced_id = 'gorod-demo'")
            == 1
        )
    assert told


async def test_another_seed_makes_other_people_around_the_same_stories(
    small: Loaded, two: Loaded
) -> None:
    names = "SELECT array_agg(full_name ORDER BY full_name) FROM persons WHERE school_id <= 2"
    assert await two.fetch_value(names) != await small.fetch_value(names)
    assert [known.name for known in await demo.logins(two.url)] == [
        known.name for known in await demo.logins(small.url)
    ]


async def test_every_reference_leads_to_a_row(small: Loaded) -> None:
    """A superuser's load bypasses the database's own checks."""
    references = [
        rule
        for table in Record.metadata.sorted_tables
        for rule in table.constraints
        if isinstance(rule, ForeignKeyConstraint)
    ]
    assert len(references) > 100
    for rule in references:
        own = [f"c.{column.name}" for column in rule.columns]
        theirs = [f"p.{element.column.name}" for element in rule.elements]
        lost = await small.fetch_value(
            f"SELECT count(*) FROM {rule.table.name} c WHERE ({', '.join(own)}) IS NOT NULL"
            f" AND NOT EXISTS (SELECT FROM {rule.referred_table.name} p"
            f" WHERE ({', '.join(theirs)}) = ({', '.join(own)}))"
        )
        assert lost == 0, rule.name


async def test_the_next_row_gets_the_next_number(small: Loaded) -> None:
    for table in filter(is_numbered, Record.metadata.sorted_tables):
        next_number, last = await small.fetch_value(
            f"SELECT array[coalesce(pg_sequence_last_value(pg_get_serial_sequence("
            f"'{table.name}', 'id')), 0) + 1, coalesce(max(id), 0)] FROM {table.name}"
        )
        assert next_number > last, table.name


async def test_a_second_demo_stands_beside_the_first(two: Loaded) -> None:
    assert [repr(known) for known in await demo.logins(two.url)] == two.first
    assert await two.fetch_value("SELECT count(*) FROM students") == 204
    again = await two.fetch_rows(
        "SELECT school_id FROM credentials c JOIN credential_schools s"
        " ON s.credential_id = c.id WHERE login = 'parent.morozova-2' ORDER BY 1"
    )
    assert [row["school_id"] for row in again] == [3, 4]


async def test_a_database_without_a_demo_has_no_logins(fresh: Fresh) -> None:
    assert await demo.logins(await fresh("demo_none")) == []


async def test_progress_is_reported_to_the_end(small: Loaded) -> None:
    shares = [share for _, share in small.told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {name for name, _ in small.told} == {
        "МБОУ «Заречненская СОШ»",
        "МКОУ «Луговская начальная школа»",
    }


async def test_an_unknown_size_is_refused_before_anything_is_made(small: Loaded) -> None:
    with pytest.raises(ValueError, match="not huge"):
        await load(small.url, "huge")


async def test_before_the_first_lesson_nothing_has_happened(two: Loaded) -> None:
    assert len(two.first) == 12
    years = "SELECT count(*) FROM academic_years WHERE name = '2026/2027'"
    assert (
        await two.fetch_value(years) == await two.fetch_value("SELECT count(*) FROM schools") == 4
    )
    assert await two.fetch_value("SELECT max(name) FROM academic_years") == "2026/2027"
    assert await two.fetch_value("SELECT count(*) FROM lessons WHERE status = 'CONDUCTED'") == 0
    for table in ("marks", "attendance_records", "homework", "term_marks", "journal_closures"):
        assert await two.fetch_value(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.embedded_only
@pytest.mark.lengthy
async def test_after_the_last_lesson_the_year_is_summed_up(fresh: Fresh) -> None:
    url = await fresh("demo_june")
    await load(url, today=date(2027, 6, 15))
    async with open_loaded(url) as loaded:
        kinds = await loaded.fetch_rows(
            "SELECT kind, count(*) FROM term_marks GROUP BY 1 ORDER BY 1"
        )
        assert [row["kind"] for row in kinds] == ["TERM", "YEAR"]
        assert await loaded.fetch_value("SELECT count(*) FROM terms WHERE status = 'OPEN'") == 0
        assert (
            await loaded.fetch_value("SELECT count(*) FROM lessons WHERE status = 'PLANNED'") == 0
        )


@pytest.mark.embedded_only
@pytest.mark.endurance
async def test_a_big_school_has_a_thousand_students_in_two_shifts(fresh: Fresh) -> None:
    url = await fresh("demo_big")
    await load(url, "school", today=date(2026, 9, 8))
    async with open_loaded(url) as loaded:
        assert await loaded.fetch_value("SELECT count(*) FROM students") == 1000
        assert await loaded.fetch_value("SELECT count(*) FROM school_classes") == 40
        assert await loaded.fetch_value("SELECT count(DISTINCT shift) FROM school_classes") == 2
        assert await loaded.fetch_value("SELECT count(*) FROM sections WHERE is_subgroup") > 50
        assert len(await demo.logins(url)) == 12
        known = await loaded.fetch_rows("SELECT login FROM credentials")
        missing = set(demo.STORIES.values()) - {row["login"] for row in known}
        assert missing == {demo.STORIES["took over in October"]}  # not hired yet
        held = await loaded.fetch_value("SELECT max(date) FROM lessons WHERE status = 'CONDUCTED'")
        assert held == date(2026, 9, 7)
