"""Statements as text, for people to review. GOROD_WRITE_STATEMENTS=1 writes them again."""

import os
import re
from pathlib import Path

import pytest

from auth.actor import Actor
from gql.engine.explain import plan_document
from gql.schema import schema
from gql.trusted.preparing import default_grants, make_actor
from models.access.roles import Role
from tests.engine.asked import ASKED

HERE = Path(__file__).parent / "statements"
CASES = [(name, role) for name, asked in ASKED.items() for role in asked.roles]
NONE = "--\n"
"""The text for operations that send no SQL, or whose use case itself must run."""
GRANTS = default_grants()
IN_QUOTES = re.compile(r"('(?:[^']|'')*')")
CLAUSE = re.compile(
    r" (?=(?:FROM|WHERE|(?:LEFT |CROSS )?(?:OUTER )?JOIN|GROUP BY|ORDER BY|LIMIT|UNION|RETURNING"
    r"|ON CONFLICT|VALUES|SET|AND|OR|THEN|ELSE) )|(?<=\),) (?=\w+(?:\(k\))? AS \()"
)


def make_default_actor(role: Role) -> Actor:
    """Make an actor with the rights that the role has by default."""
    return make_actor(role, GRANTS[role])


def split_lines(sql: str) -> str:
    """Return the statement with a clause a line, and its queries for keys numbered in their
    order."""
    numbers: dict[str, str] = {}

    def renumber(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"k{len(numbers) + 1}")

    parts = IN_QUOTES.split(sql)
    parts[::2] = [CLAUSE.sub("\n", re.sub(r"\bk\d+\b", renumber, part)) for part in parts[::2]]
    return re.sub(" +\n", "\n", "".join(parts)) + "\n"


def file_of(name: str, role: Role) -> Path:
    return HERE / name.replace(" ", "_") / f"{role.name.lower()}.sql"


@pytest.mark.parametrize(("name", "role"), CASES, ids=[f"{n}, {r.name}" for n, r in CASES])
def test_a_statement_is_the_reviewed_one(name: str, role: Role) -> None:
    asked = ASKED[name]
    plan = plan_document(schema, asked.text, asked.variables, make_default_actor(role))
    kept = file_of(name, role)
    text = f"-- {getattr(plan, 'kind', 'compiled')}\n{split_lines(plan.sql)}" if plan.sql else NONE
    if os.environ.get("GOROD_WRITE_STATEMENTS"):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text)
    assert text == kept.read_text(), "run with GOROD_WRITE_STATEMENTS=1 and review the difference"


def test_no_statement_is_kept_that_nobody_asks_for() -> None:
    assert set(HERE.rglob("*.sql")) == {file_of(name, role) for name, role in CASES}
