"""`gorod user`: accounts for the first person of a school, and new one-time passwords."""

from typing import Annotated

import typer

from gql.cli.backend import blame_options, ensure_usable, read_settings, run, use_database
from gql.cli.console import Json, print_json, say

app = typer.Typer(help="People who may sign in.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The login of the person.")]
Name = Annotated[str, typer.Option(help="The person's full name, the family name first.")]
OPTIONS = {
    "login": "login",
    "full_name": "--name",
    "school": "--school",
    "new_school": "--new-school",
    "time_zone": "--time-zone",
}
"""The option for each field that a use case may blame."""


@app.command("create-director")
def create_director(
    login: Login,
    name: Name,
    school: Annotated[int | None, typer.Option(help="Number of a school that exists.")] = None,
    new_school: Annotated[str | None, typer.Option(help="Name of a school to make.")] = None,
    time_zone: Annotated[
        str, typer.Option(help="The time zone of a new school.")
    ] = "Europe/Moscow",
    as_json: Json = False,
) -> None:
    """Give a school its director, with a one-time password; the director lets everyone else in."""
    from resolvers.access import operators
    from resolvers.school.founding import NewSchool

    if new_school and school is None:
        place: int | NewSchool = NewSchool(new_school, time_zone)
    elif school is not None and not new_school:
        place = school
    else:
        raise typer.BadParameter("say either --school or --new-school")
    current = read_settings()
    with use_database(current) as target, blame_options(OPTIONS):
        run(ensure_usable(current, target))
        made = operators.create_director(target.owner, school=place, login=login, full_name=name)
        password = run(made)
    _tell(login, password, as_json)


@app.command("create-admin")
def create_admin(
    login: Login,
    name: Name,
    school: Annotated[int, typer.Option(help="Number of a school that exists.")],
    as_json: Json = False,
) -> None:
    """Give a school an administrator, with a one-time password, where the director cannot."""
    from resolvers.access import operators

    current = read_settings()
    with use_database(current) as target, blame_options(OPTIONS):
        run(ensure_usable(current, target))
        made = operators.create_admin(target.owner, school=school, login=login, full_name=name)
        password = run(made)
    _tell(login, password, as_json)


@app.command("reset-password")
def reset_password(login: Login, as_json: Json = False) -> None:
    """Give somebody a new one-time password, end their sessions, and forget failed tries."""
    from models.secrets import Secrets
    from resolvers.access import operators

    current = read_settings()
    with use_database(current) as target, blame_options(OPTIONS):
        run(ensure_usable(current, target))
        secrets = Secrets(key) if (key := current.known_key) else None
        password = run(operators.reset_password(target.owner, login, secrets=secrets))
    _tell(login, password, as_json)


def _tell(login: str, password: str, as_json: bool) -> None:
    """Print the password. It cannot be printed again, because only its hash is kept."""
    if as_json:
        print_json({"login": login, "password": password})
    else:
        say(f"login: {login}\none-time password: {password}")
