"""`gorod user`: the accounts that let the first person in, or let one in again."""

from typing import Annotated

import typer

from gql.cli.backend import blamed, database, ensure_usable, run, settings
from gql.cli.console import Json, print_json, say

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="What the person signs in with.")]
OPTIONS = {
    "login": "login",
    "full_name": "--name",
    "school": "--school",
    "new_school": "--new-school",
    "time_zone": "--time-zone",
}
"""What is asked here for what a use case may blame."""


@app.command("create-admin")
def create_admin(
    login: Login,
    name: Annotated[str, typer.Option(help="The person's full name, the family name first.")],
    school: Annotated[int | None, typer.Option(help="Number of a school there is.")] = None,
    new_school: Annotated[str | None, typer.Option(help="Name of a school to make.")] = None,
    time_zone: Annotated[str, typer.Option(help="That school's.")] = "Europe/Moscow",
    as_json: Json = False,
) -> None:
    """Give a school its first administrator, with a password for one time."""
    from resolvers.access import operators

    if new_school and school is None:
        place: int | operators.NewSchool = operators.NewSchool(new_school, time_zone)
    elif school is not None and not new_school:
        place = school
    else:
        raise typer.BadParameter("say either --school or --new-school")
    current = settings()
    with database(current) as target, blamed(OPTIONS):
        run(ensure_usable(current, target))
        made = operators.create_admin(target.owner, school=place, login=login, full_name=name)
        password = run(made)
    _tell(login, password, as_json)


@app.command("reset-password")
def reset_password(login: Login, as_json: Json = False) -> None:
    """Give somebody a new password for one time, and end their sessions."""
    from resolvers.access import operators

    current = settings()
    with database(current) as target, blamed(OPTIONS):
        run(ensure_usable(current, target))
        password = run(operators.reset_password(target.owner, login))
    _tell(login, password, as_json)


def _tell(login: str, password: str, as_json: bool) -> None:
    """This once: only its hash is kept."""
    if as_json:
        print_json({"login": login, "password": password})
    else:
        say(f"login: {login}\none-time password: {password}")
