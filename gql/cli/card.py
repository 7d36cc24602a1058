"""The card that is shown once the API answers: its addresses, and how to sign in."""

from typing import TYPE_CHECKING, Any

from gql.cli.backend import Database
from gql.cli.console import make_console, make_table

if TYPE_CHECKING:
    from gql.settings import Settings
    from resolvers.demo import Login

CONSOLE = "/graphiql"


async def show(current: "Settings", target: Database) -> None:
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table

    from gql.transport.http import ENDPOINT
    from models.database.embedded.home import base_of
    from resolvers import demo

    where = Table.grid(padding=(0, 2))
    where.add_row("GraphQL", f"{current.public}{ENDPOINT}")
    where.add_row("GraphiQL", f"{current.public}{CONSOLE}")
    base = base_of(current.data_dir).resolve()
    where.add_row("Database", f"embedded, in {base}" if target.own else "DATABASE_URL")
    where.add_row("Data", f"{current.data_dir.resolve()}")
    parts: list[Any] = [where]
    if current.demo and (people := await demo.logins(target.owner)):
        parts += ["", *_list_logins(people)]
    console = make_console()
    console.print(Panel(Group(*parts), title="Gorod", expand=False))
    console.print("Ctrl-C stops everything.")


def _list_logins(people: "list[Login]") -> list[Any]:
    """List the logins. Their common password stands in the heading."""
    heading = f"To sign in to the made-up school (password {people[0].password}):"
    rows = [(who.role.name, who.login, who.name) for who in people]
    return [heading, make_table(("role", "login", "name"), rows)]
