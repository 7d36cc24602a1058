"""A program that owns an embedded database and writes until it is killed.

`python -m tests.database.writer DATA_DIR` prints the server's pid and the numbers it finds, then
every number that the database has acknowledged.
"""

import asyncio
import sys
from pathlib import Path

from models.database.address import open_session
from models.database.embedded.server import Embedded


def print_line(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def write(embedded: Embedded) -> None:
    connection = await open_session(embedded.url("postgres", "postgres"))
    await connection.execute("CREATE TABLE IF NOT EXISTS numbers (number bigint PRIMARY KEY)")
    found = [record[0] for record in await connection.fetch("TABLE numbers ORDER BY number")]
    print_line(embedded.pid, *found)
    number = len(found)
    while True:
        number += 1
        await connection.execute("INSERT INTO numbers VALUES ($1)", number)
        print_line(number)


def main() -> None:
    print_line("begins")
    embedded = Embedded(Path(sys.argv[1]))
    embedded.start()
    asyncio.run(write(embedded))


if __name__ == "__main__":
    main()
