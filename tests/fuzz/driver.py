"""The driver: sends cases to a server over HTTP, in the roles of five people in turn."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import requests

from tests.fuzz.cases import Case, Cases
from tests.fuzz.checks import count_codes, find_faults

LOGINS = {
    "parent.ivanova": "PARENT",
    "student.ivanova": "STUDENT",
    "teacher.belova": "SUBJECT_TEACHER",
    "zavuch": "DEPUTY_DIRECTOR",
    "admin": "SCHOOL_ADMINISTRATOR",
}
"""The logins that ask, each with its role: from the fewest rights to the most."""
LONGEST = 60
"""The seconds that an answer may take."""


@dataclass
class Findings:
    """The counts and faults of the cases that were sent.

    sent: Cases by the role that sent them.
    reached: By root field, cases in which the root field ran and returned a value.
    codes: Errors by their code.
    faults: Faults, each with its case.
    """

    sent: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    negative: int = 0
    with_variables: int = 0
    faults: list[tuple[str, str, Case]] = field(default_factory=list)

    def render(self) -> str:
        lines = [f"FAULT ({role}) {what}\n{case}" for role, what, case in self.faults]
        lines += [
            f"{self.sent.total()} cases: {dict(self.sent)}",
            f"{self.negative} break the schema, {self.with_variables} have variables",
            f"{len(self.asked)} root fields asked, {len(self.reached)} of them gave an object",
            f"statuses {dict(self.statuses)}, errors {dict(self.codes)}",
            f"{len(self.faults)} faults",
        ]
        return "\n".join(lines)


def drive(
    cases: Cases,
    url: str,
    token_of: Callable[[str], str],
    most: int,
    roles: Mapping[str, str] = LOGINS,
) -> Findings:
    """Send so many cases to `url`.

    token_of: A function that returns a new access token for a login.
    """
    found = Findings()
    tokens = {login: token_of(login) for login in roles}
    logins = list(roles)
    with requests.Session() as session:
        for number, case in enumerate(islice(cases, most)):
            # The roles take turns, so that each root field meets each of them.
            login = logins[(number + number // len(cases.fields)) % len(logins)]
            reply = post(session, url, tokens[login], case)
            if reply.status_code == 401 or b'"UNAUTHENTICATED"' in reply.content:
                tokens[login] = token_of(login)  # the case ended the session
            record(found, cases, case, roles[login], reply)
    return found


def post(session: requests.Session, url: str, token: str, case: Case) -> requests.Response:
    body: dict[str, Any] = {"query": case.document}
    if case.variables:
        body["variables"] = case.variables
    headers = {
        "Accept": "application/graphql-response+json, application/json;q=0.9",
        "Accept-Language": "en",
        "Authorization": f"Bearer {token}",
    }
    return session.post(f"{url}/graphql", json=body, headers=headers, timeout=LONGEST)


def record(found: Findings, cases: Cases, case: Case, role: str, reply: requests.Response) -> None:
    found.sent[role] += 1
    found.asked[case.field] += 1
    found.negative += case.is_negative
    found.with_variables += bool(case.variables)
    found.statuses[reply.status_code] += 1
    kind = reply.headers.get("content-type", "")
    wrong = list(find_faults(cases.core, case, reply.status_code, kind, reply.content))
    found.faults += [(role, what, case) for what in wrong]
    if wrong:
        return
    found.codes += count_codes(reply.content)
    data = reply.json().get("data") or {}
    if any(value is not None for value in data.values()):
        found.reached[case.field] += 1
