"""A developer adds a row and a default right, writes a migration, and upgrades a database to it.

This is a process of its own, as no other test must see the row.
"""

import asyncio
import sys
from pathlib import Path

from alembic import command
from sqlalchemy import Column, Integer
from sqlalchemy.orm import Mapped

from models.base import OfSchool, Record, words
from models.database import migrate
from models.database.revising import revise
from models.limits import check_range


class Garden(OfSchool):
    __tablename__ = "gardens"
    __table_args__ = {"info": {"grants": "SELECT, INSERT"}}

    name: Mapped[str] = words(100)


def declare_column() -> None:
    """Add a column with a limit to an existing table."""
    rooms = Record.metadata.tables["rooms"]
    rooms.append_column(Column("floor", Integer))
    rooms.append_constraint(check_range("floor", -5, 100))


async def main(url: str, scripts: Path, right: str) -> None:
    declare_column()
    before = (scripts / "default_rights.txt").read_text().splitlines()
    file = await revise(url, "gardens of a school", [*before[1:], right], scripts)
    await migrate.run_alembic(url, lambda config: command.upgrade(config, "head"), scripts)
    sys.stdout.write(f"{file}\n")
    for line in await migrate.report_drift(url):
        sys.stdout.write(f"drift: {line}\n")


asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
