"""`make fuzz-api`: thousands of operations that schemathesis generates, to `gorod dev`."""

import argparse
import sys
import time
from typing import Any

import requests

from gql.cli.console import say
from tests.database.processes import make_open_folder
from tests.fuzz.cases import Cases
from tests.fuzz.driver import LOGINS, drive
from tests.live_servers import read_address, serve_made_up_school

PASSWORD = "gorod-demo-2026"  # of the made-up people; README has it
SIGN_IN = """mutation ($login: String!, $password: String!) {
    signIn(input: {login: $login, password: $password}) { accessToken userErrors { code } } }"""
ROOMY = {
    f"GOROD_MOST_{what}": "1000000000" for what in ("POINTS", "STRANGER_POINTS", "SCHOOL_POINTS")
}
"""Budgets so large that the cases are not refused for them, which would test nothing."""

SESSIONS = 40
"""The sessions of each person, opened beforehand. Cases sign people out, and failed attempts among
them lock sign-in from this address for a while."""


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--cases", type=int, default=5000)
    most: int = given.parse_args().cases
    with make_open_folder() as folder, serve_made_up_school(folder / "dev", ROOMY) as server:
        url = read_address(server)

        def sign_in(login: str) -> str:
            variables = {"login": login, "password": PASSWORD}
            body: dict[str, Any] = {"query": SIGN_IN, "variables": variables}
            told = requests.post(f"{url}/graphql", json=body, timeout=60).json()
            token = told["data"]["signIn"]["accessToken"]
            if token is None:  # otherwise all further cases of this role were a stranger's
                raise RuntimeError(f"{login} cannot sign in: {told}")
            return str(token)

        kept = {login: [sign_in(login) for _ in range(SESSIONS)] for login in LOGINS}
        begun = time.monotonic()
        cases = Cases()
        found = drive(cases, url, lambda login: kept[login].pop(), most)
        say(found.render())
        say(f"{time.monotonic() - begun:.0f} seconds")
        left_out = set(cases.fields) - found.asked.keys()
        if most >= len(cases.fields) and left_out:
            say(f"never asked: {sorted(left_out)}")
            return 1
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
