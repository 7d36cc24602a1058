"""The answers of the command line without a database, and its failures."""

import os
import subprocess
import sys

import pytest

GOROD = (sys.executable, "-c", "from gql.cli import main; main()")


def run_gorod(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GOROD, *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_itself_imports_nothing_heavy() -> None:
    heavy = {"strawberry", "sqlalchemy", "alembic", "uvicorn", "pydantic", "rich", "models"}
    program = f"import sys, gql.cli; print(sorted({heavy} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout.strip() == "[]", said.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (("version",), {}, 0, ""),
        (("--help",), {}, 0, ""),
        (("nosuch",), {}, 2, "No such command"),
        (("db", "downgrade"), {}, 2, "Missing argument"),
        (("db", "status"), {"PORT": "eighty"}, 2, "PORT must be a whole number from 0 to 65535"),
        (("db", "status"), {"GOROD_SECRET_KEY": "short"}, 2, "32 characters"),
        (("db", "downgrade", "base"), {}, 1, "Say --yes"),
        (("db", "status"), {"DATABASE_URL": "mysql://here"}, 2, "must look like postgresql://"),
        (("serve",), {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, 1, "No PostgreSQL answers"),
        (("schema", "check", "no.graphql"), {}, 1, "make schema"),
    ],
)
def test_exit_codes_and_reasons(
    arguments: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    answer = run_gorod(*arguments, **{"PORT": "0", **environment})
    assert (answer.returncode, said in answer.stderr) == (code, True), answer
    assert "Traceback" not in answer.stderr
