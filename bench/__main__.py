"""`python -m bench`; `settings` says what is measured."""

import os
from contextlib import ExitStack

from bench.data import HERE, KEPT, digest_schema, schools
from bench.inside import look
from bench.places import open_place
from bench.processes import LOADER_CORE, SERVER_CORE, pin
from bench.report import write
from bench.results import Results
from bench.rounds import all_rounds
from bench.settings import read_settings
from gql.cli.console import fail, say


def main() -> None:
    settings = read_settings()
    if not {SERVER_CORE, LOADER_CORE} <= os.sched_getaffinity(0):
        fail("the bench needs two cores: one for the server, one for who asks.")
    if settings.before and digest_schema(settings.before) != digest_schema(HERE.parent):
        fail("the other checkout has other migrations, and both must run on one database.")
    with ExitStack() as stack:
        databases = [stack.enter_context(schools(number)) for number in settings.schools]
        pin(LOADER_CORE)  # only now: databases started before would share the core
        places = [stack.enter_context(open_place(settings, *each)) for each in databases]
        measures = all_rounds(settings, places)
        results = Results(
            measures,
            {(p.schools, *key): n for p in places for key, n in p.statements.items()},
            {(p.schools, *key): why for p in places for key, why in p.failed.items()},
            look(places[0], settings.queries),
        )
    # A part must not overwrite the figures of the whole.
    folder = KEPT if settings.quick or settings.is_choice else HERE
    written = write(folder, settings, [made for _, made in databases], results)
    say(f"Written: {written.relative_to(HERE.parent)}, and results.json beside it.")


if __name__ == "__main__":
    main()
