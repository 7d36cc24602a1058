"""Each wrong setting ends in a sentence that says what to do, without a traceback and without any
part of a password."""

import asyncio
from pathlib import Path

import pytest

from models.database import migrate, roles
from models.database.address import open_session
from tests.cli.conftest import OnBareMachine, Outcome
from tests.cli.test_commands import run_gorod
from tests.postgres import Server

SECRET = "topsecret"  # part of every password here
GONE = "postgresql://u@127.0.0.1:1/x"
LIKE = "must look like postgresql://"


def assert_one_sentence(ended: Outcome, says: str) -> None:
    assert says in ended.said, ended
    assert ended.code in (1, 2), ended
    assert "Traceback" not in ended.said
    assert "unexpected" not in ended.said
    assert "Input should" not in ended.said, "pydantic's words"
    assert "Value error" not in ended.said, "pydantic's words"
    assert SECRET not in ended.said
    assert len(ended.said) < 900, "a sentence, not a log"


WRONG = [
    # values that are invalid for their setting
    ("serve", {"PORT": "eighty"}, "PORT must be a whole number from 0 to 65535, such as 8000"),
    ("serve", {"PORT": "65536"}, "PORT must be a whole number from 0 to 65535, such as 8000"),
    ("serve", {"PORT": "-1"}, "PORT must be a whole number"),
    (
        "serve",
        {"PORT": "tcp://10.0.0.1:80"},
        "PORT must be a whole number from 0 to 65535, such as 8000",
    ),
    ("serve", {"GOROD_POOL_SIZE": "0"}, "GOROD_POOL_SIZE must be a whole number from 1 to 500"),
    ("serve", {"GOROD_POOL_SIZE": "1e3"}, "GOROD_POOL_SIZE must be a whole number"),
    (
        "serve",
        {"GOROD_STATEMENT_TIMEOUT_MS": "15s"},
        "GOROD_STATEMENT_TIMEOUT_MS must be a whole number",
    ),
    (
        "serve",
        {"GOROD_STATEMENT_TIMEOUT_MS": "-1"},
        "a whole number from 0 to 2147483647, such as 15000",
    ),
    ("serve", {"GOROD_STATEMENT_TIMEOUT_MS": "9999999999"}, "from 0 to 2147483647"),
    (
        "serve",
        {"GOROD_STATEMENT_CACHES": "perhaps"},
        "GOROD_STATEMENT_CACHES must be true or false",
    ),
    ("serve", {"GOROD_LOG_LEVEL": "loud"}, "GOROD_LOG_LEVEL must be debug, info, warning or error"),
    ("serve", {"GOROD_EXECUTOR": "fast"}, "must be auto, standard or engine"),
    (
        "serve",
        {"GOROD_OPEN_INTROSPECTION": "yes please"},
        "GOROD_OPEN_INTROSPECTION must be true or false",
    ),
    ("serve", {"GOROD_EVENTS_KEPT_DAYS": "0"}, "GOROD_EVENTS_KEPT_DAYS must be a whole number"),
    (
        "serve",
        {"GOROD_EVENTS_KEPT_DAYS": "999999999999"},
        "a whole number from 1 to 3650, such as 7",
    ),
    (
        "serve",
        {"GOROD_SOCKET_RECHECK_SECONDS": "nan"},
        "GOROD_SOCKET_RECHECK_SECONDS must be a number above 0",
    ),
    (
        "serve",
        {"GOROD_SOCKET_RECHECK_SECONDS": "0"},
        "must be a number above 0 and at most 30, such as 5",
    ),
    (
        "serve",
        {"GOROD_SECRET_KEY": f"{SECRET} short"},
        "GOROD_SECRET_KEY must have 32 characters or more",
    ),
    ("serve", {"GOROD_SECRET_KEY": "k" * 64}, "at least 8 of them different"),
    ("serve", {"GOROD_STORAGE_URL": "s4://x"}, "must begin with file:///, s3://, gs:// or az://"),
    ("serve", {"GOROD_STORAGE_URL": "/var/files"}, "must begin with file:///"),
    ("serve", {"GOROD_STORAGE_URL": "file://files"}, "must begin with file:///"),
    ("serve", {"GOROD_STORAGE_URL": "s3://"}, "Set GOROD_STORAGE_URL to a folder"),
    ("serve", {"GOROD_STORAGE_URL": "az://photos"}, "Account must be specified"),
    ("serve", {"GOROD_STORAGE_URL": f"s3://key:{SECRET}@b/x"}, "AWS_ACCESS_KEY_ID"),
    ("serve", {"GOROD_STORAGE_URL": "file:///proc/files"}, "Uploads cannot be kept"),
    ("serve", {"GOROD_PUBLIC_URL": "school.example"}, "must look like https://school.example"),
    ("serve", {"GOROD_TRUSTED_ORIGINS": "https://a.example, b.example"}, "must look like https"),
    ("serve", {"GOROD_TRUSTED_ORIGINS": "https://a.example/app"}, "must look like https"),
    (
        "serve",
        {"GOROD_DATA_DIR": "~nobody-of-this-name/x"},
        "GOROD_DATA_DIR must be a directory, such as /var/lib/gorod",
    ),
    ("serve", {"GOROD_DATA_DIR": "/proc/self/environ"}, "environ"),
    ("serve", {"GOROD_DATA_DIR": "/proc/data"}, "Set GOROD_DATA_DIR to a folder"),
    ("serve", {"GOROD_DATA_DIR": "/dev/null/data"}, "No database can be kept in /dev/null/data"),
    ("db upgrade", {"GOROD_DATA_DIR": "/proc/data"}, "Set GOROD_DATA_DIR to a folder"),
    ("serve", {"GOROD_HOST": "no.such.host.invalid"}, "GOROD_HOST to an address of this machine"),
    ("serve", {"GOROD_HOST": "192.0.2.1"}, "GOROD_HOST to an address of this machine"),
    ("serve", {"GOROD_RATE_LIMIT_URL": "memcached://h"}, "must look like redis://"),
    ("serve", {"GOROD_RATE_LIMIT_URL": f"redis://u:{SECRET}@h:port/0"}, "must look like redis"),
    ("serve", {"GOROD_RATE_LIMIT_URL": f"redis://u:{SECRET}@no.such.host.invalid"}, "no.such.host"),
    (
        "serve",
        {"GOROD_MOST_POINTS": "0"},
        "GOROD_MOST_POINTS must be a whole number of 1000 or more, such as 300000",
    ),
    ("serve", {"GOROD_METRICS_TOKEN": SECRET}, "GOROD_METRICS_TOKEN must have 16 characters"),
    ("serve", {"GOROD_MOST_DEPTH": SECRET}, "GOROD_MOST_DEPTH must be a whole number of 1 or more"),
    ("serve", {"GOROD_TRUSTED_PROXIES": "*"}, "GOROD_TRUSTED_PROXIES must look like 127.0.0.1"),
    # names that are nearly those of settings
    ("serve", {"GOROD_DATADIR": "x"}, "no setting GOROD_DATADIR: is it GOROD_DATA_DIR?"),
    ("db status", {"GOROD_SECRETKEY": "x"}, "is it GOROD_SECRET_KEY?"),
    ("db status", {"GOROD_STORAGE": "x"}, "is it GOROD_STORAGE_URL?"),
    # addresses that cannot be read
    ("serve", {"DATABASE_URL": "mysql://here"}, LIKE),
    ("serve", {"DATABASE_URL": "localhost:5432/x"}, LIKE),
    ("serve", {"DATABASE_URL": "postgresql://"}, LIKE),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}@h:99999/x"}, "from 1 to 65535"),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}@h:0/x"}, "from 1 to 65535"),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}@h:54a/x"}, "from 1 to 65535"),
    ("serve", {"DATABASE_URL": f"postgresql://u:x/{SECRET}@h/x"}, "/ as %2F"),
    ("serve", {"DATABASE_URL": f"postgresql://u:1/{SECRET}@h/x"}, "/ as %2F"),
    ("serve", {"DATABASE_URL": f"postgresql://u:x#{SECRET}@h/x"}, "# as %23"),
    ("serve", {"DATABASE_URL": f"postgresql://u:x?{SECRET}@h/x"}, "? as %3F"),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}@::1/x"}, "square brackets"),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}@h/x?sslmode"}, "words like sslmode"),
    ("serve", {"DATABASE_URL": f"postgresql://u:{SECRET}%00@h/x"}, "control character"),
    # servers that cannot be reached by the address
    ("serve", {"DATABASE_URL": GONE}, "No PostgreSQL answers at postgresql://u@127.0.0.1:1/x"),
    ("db upgrade", {"DATABASE_URL": GONE}, "No PostgreSQL answers"),
    ("db status", {"DATABASE_URL": GONE}, "No PostgreSQL answers"),
    ("demo logins", {"DATABASE_URL": GONE}, "No PostgreSQL answers"),
    ("user reset-password x", {"DATABASE_URL": GONE}, "No PostgreSQL answers"),
    ("dev", {"DATABASE_URL": GONE}, "No PostgreSQL answers"),
    ("serve", {"DATABASE_URL": f"postgresql://u:a@b:{SECRET}@127.0.0.1:1/x"}, "u:***@127.0.0.1:1"),
    ("serve", {"DATABASE_URL": f"postgresql://u@127.0.0.1:1/x?password={SECRET}"}, "127.0.0.1:1/x"),
    ("serve", {"DATABASE_URL": "postgresql://u@no.such.host.invalid/x"}, "No PostgreSQL answers"),
    ("serve", {"DATABASE_URL": "postgresql:///x?host=/nonexistent"}, "No PostgreSQL answers"),
    ("serve", {"DATABASE_URL": f"{GONE}?sslmode=perhaps"}, "must be one of: disable"),
    ("serve", {"DATABASE_URL": f"{GONE}?sslmode=verify-full&sslrootcert=/no.crt"}, "/no.crt"),
]


@pytest.mark.parametrize(("words", "environment", "says"), WRONG)
def test_a_wrong_setting_ends_in_a_sentence(
    run: OnBareMachine, tmp_path: Path, words: str, environment: dict[str, str], says: str
) -> None:
    assert_one_sentence(run(*words.split(), **environment), says)
    assert not (tmp_path / "data" / "postgres").exists(), "refused before anything is made"


def test_more_than_fifty_are_tried() -> None:
    assert len(WRONG) >= 50


async def make_database(
    postgres: Server, name: str, *statements: str, tables: bool = False
) -> None:
    """Make a database of this name, and run the statements in it."""
    await roles.prepare(postgres.url("postgres", "postgres"), name)
    if tables:
        await migrate.upgrade(postgres.url("postgres", name))
    operator = await open_session(postgres.url("postgres", name))
    for statement in statements:
        await operator.execute(statement)
    await operator.close()


NEWER = "UPDATE alembic_version SET version_num = '9999'"


@pytest.mark.parametrize("words", ["serve", "db status", "demo logins", "user reset-password x"])
def test_an_empty_database_is_to_be_prepared(
    run: OnBareMachine, postgres: Server, words: str
) -> None:
    asyncio.run(make_database(postgres, "empty_one"))
    ended = run(*words.split(), DATABASE_URL=postgres.url("postgres", "empty_one"))
    assert_one_sentence(
        ended, "empty (newest" if words == "db status" else "run `gorod db upgrade`"
    )


@pytest.mark.parametrize(
    "words", ["serve", "dev", "db upgrade", "db downgrade base --yes", "demo logins"]
)
def test_tables_of_a_newer_gorod_ask_for_the_newer_gorod(
    run: OnBareMachine, postgres: Server, words: str
) -> None:
    asyncio.run(
        make_database(postgres, name := f"newer_{words.split()[-1].strip('-')}", NEWER, tables=True)
    )
    ended = run(*words.split(), DATABASE_URL=postgres.url("postgres", name))
    assert_one_sentence(ended, "install the newer Gorod")
    assert "db upgrade" not in ended.said, "it would only fail again"


@pytest.mark.parametrize(
    ("user", "database", "says"),
    [
        ("postgres", "no_such_database", "Create the database"),
        ("nobody_of_this_name", "postgres", 'role "nobody_of_this_name" does not exist'),
    ],
)
def test_a_server_that_refuses_says_what_is_missing(
    run: OnBareMachine, postgres: Server, user: str, database: str, says: str
) -> None:
    for words in ("serve", "db upgrade", "db status", "dev"):
        assert_one_sentence(run(*words.split(), DATABASE_URL=postgres.url(user, database)), says)


def test_more_sessions_than_the_server_has_are_refused_at_the_start(
    run: OnBareMachine, postgres: Server
) -> None:
    asyncio.run(make_database(postgres, "crowded", tables=True))
    url = postgres.url("postgres", "crowded")
    assert_one_sentence(run("serve", DATABASE_URL=url, GOROD_POOL_SIZE="500"), "GOROD_POOL_SIZE")


def test_without_docstrings_there_is_nothing_to_say_so_it_does_not_begin() -> None:
    said = run_gorod("version", PYTHONOPTIMIZE="2")
    assert (said.returncode, "Unset PYTHONOPTIMIZE" in said.stderr) == (2, True), said
    assert run_gorod("version", PYTHONOPTIMIZE="1").returncode == 0


def test_a_terminal_of_few_letters_is_no_failure() -> None:
    said = run_gorod("doctor", PYTHONIOENCODING="ascii", GOROD_DATA_DIR="/nonexistent", PORT="0")
    assert "Traceback" not in said.stderr
    assert "Python" in said.stdout
