"""`gorod demo`: made-up schools."""

from enum import StrEnum
from typing import Annotated

import typer

from gql.cli.backend import (
    blame_options,
    count_schools,
    ensure_usable,
    prove_key,
    read_settings,
    run,
    use_database,
)
from gql.cli.console import (
    Json,
    Yes,
    amount,
    insist,
    make_console,
    make_table,
    print_json,
    say,
    show_progress,
)

app = typer.Typer(help="Made-up schools, to try things out.", no_args_is_help=True)


class Size(StrEnum):
    SMALL = "small"
    SCHOOL = "school"
    CITY = "city"


@app.command()
def load(
    size: Annotated[Size, typer.Option(help="The size of the school.")] = Size.SMALL,
    seed: Annotated[int, typer.Option(help="The same number makes the same school.")] = 1,
    yes: Yes = False,
) -> None:
    """Make up a school with its people, lessons and marks."""
    from resolvers import demo

    current = read_settings()
    with use_database(current) as target:
        run(ensure_usable(current, target))
        key = run(prove_key(current, target, make=True))
        if there := run(count_schools(target)):
            insist(
                yes,
                f"The database has {amount(there, 'school')}: made-up data would mix with theirs.",
            )
        with show_progress("Making up a school") as advance:
            run(demo.load(target.owner, size.value, seed, key, advance))
    say("Done. `gorod demo logins` shows who may come in.")


@app.command()
def lock() -> None:
    """Close all logins of made-up people, so that `gorod serve` can start on them."""
    from resolvers.demo.locking import lock as close

    current = read_settings()
    with use_database(current) as target:
        run(ensure_usable(current, target))
        number = run(close(target.owner))
    say(f"Closed: {amount(number, 'login')}. `gorod user reset-password LOGIN` opens one again.")


@app.command()
def remove(
    school: Annotated[
        list[int] | None, typer.Option(help="Only the made-up school with this number.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Remove made-up schools with all their people, records and files."""
    from resolvers.demo import removing
    from resolvers.services.storage import Storage, report_outage

    current = read_settings()
    with use_database(current) as target:
        run(ensure_usable(current, target))
        with blame_options({"school": "--school"}):
            found = run(removing.find_made_up(target.owner, school or ()))
        if not found:
            say("There is no made-up school here.")
            return
        named = ", ".join(f"{one.number} ({one.name}, {one.persons} people)" for one in found)
        insist(yes, f"This removes for good: {named}, with everything that was entered there.")
        with show_progress("Removing") as advance, report_outage():
            numbers = [one.number for one in found]
            storage = Storage(current.storage)
            rows = run(removing.remove(target.owner, storage, numbers, advance))
    say(f"Removed: {amount(len(found), 'made-up school')}, {amount(rows, 'row')}.")


@app.command()
def logins(as_json: Json = False) -> None:
    """Show how the made-up people sign in."""
    from resolvers import demo

    current = read_settings()
    with use_database(current) as target:
        run(ensure_usable(current, target))
        known = run(demo.logins(target.owner))
    columns = ("role", "login", "password", "name")
    people = [(one.role.name, one.login, one.password, one.name) for one in known]
    if as_json:
        print_json([dict(zip(columns, person, strict=True)) for person in people])
    elif known:
        make_console().print(make_table(columns, people))
    else:
        say(
            "Nobody can sign in with the made-up password: there is no made-up school here "
            "(`gorod demo load` makes one), it is locked, or its people changed their passwords."
        )
