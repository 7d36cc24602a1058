"""Everybody asks for everything, and sees what the files in `matrix/` say.

`make matrix` writes these files. They were reviewed cell by cell against the rights of domain.md
(c).
"""

import os

import pytest
from graphql import GraphQLObjectType

from auth.matrix import SHORT
from auth.policy import reading
from resolvers.core.context import Services
from resolvers.core.shapes import SHAPES
from tests.authz import matrix
from tests.authz.everybody import EVERYBODY, Client
from tests.authz.expanding import CORE, ROOTS, list_types
from tests.authz.matrix import ALL, DENIED, NOTHING, Found, Seen
from tests.authz.streams import STREAMS, Stream
from tests.authz.subjects import ROWS, SUBJECTS, find_rooms_of_roots
from tests.specimens.declaring import BOOK

pytestmark = pytest.mark.embedded_only  # a second server would get the same SQL
WRITES = os.environ.get("GOROD_WRITE_MATRIX")
ROOMS = sorted({*find_rooms_of_roots().values(), "schema"})
OPEN = {
    "the school's card, calendar, bells and subjects are everybody's (c.1)": """
        AcademicYear BellSchedule Holiday HolidaySet Period Room School Term TermType Subject
        AssignmentType Query.rooms Query.subjects Query.academicYears Query.bellSchedules
        Query.holidaySets Query.school Query.terms Query.assignmentTypes""",
    "the card of staff is everybody's (c.1)": "Staff Query.staff",
    "what belongs to oneself": """
        Query.rateLimit Query.viewer Query.unreadCounts Query.eventsCursor Mutation.changePassword
        Mutation.endSession Mutation.linkAccount Mutation.refreshSession Mutation.signIn
        Mutation.signOut Mutation.switchContext""",
    "everybody has a mailbox and a noticeboard; what stands in them differs": """
        Query.mailRecipients Query.mailThread Query.mailbox Query.notices Query.noticeReceipts
        Subscription.mailEvents Subscription.noticeEvents""",
    "each row that an id names is judged by its own rule": "Query.node Query.nodes",
}
"""Subjects or coordinates that everybody may see in full, by the reason."""
CLOSED: dict[str, str] = {}
"""Coordinates that nobody may see, by the reason."""
NO_SPECIMENS = (
    "{row} has no specimens to ask for; tests/authz/test_specimens.py says how to make some"
)
UNSEEN = """\
{coordinate}, asked by {asked}, shows a value to nobody: it could hide a hole. Give it one in the
specimens ({file}), on a row that somebody sees, and `make matrix T={asked}`;
or declare in `CLOSED` (tests/authz/test_matrix.py) why nobody may see it."""
UNHIDDEN = """\
{coordinate}, asked by {asked}, shows all there is to everybody. If nobody is to be refused it,
declare in `OPEN` (tests/authz/test_matrix.py) why; or guard it, or make specimens that some do not
see."""


def compare(room: str, asked: str, seen: Seen) -> None:
    if WRITES:
        matrix.write_cells(room, asked, seen)
    changes = matrix.list_differences(asked, matrix.read_cells(room).get(asked, {}), seen)
    told = matrix.CHANGED.format(room=room, asked=asked, changes="\n".join(changes))
    assert not changes, told


@pytest.mark.parametrize("name", SUBJECTS)
async def test_each_role_sees_the_reviewed_fields(client: Client, name: str) -> None:
    subject, found = SUBJECTS[name], Found()
    assert subject.variables, NO_SPECIMENS.format(row=name)
    for variables in subject.variables:
        for person in EVERYBODY:
            answer = await client(person, subject.document, variables)
            found.refuse(person.role, answer.get("errors", ()))
            at = "" if subject.is_row else str(variables)
            for one in subject.list_objects(answer["data"]):
                found.note(person.role, subject.type_, one, at)
    compare(subject.room, name, found.cells(subject.coordinates()))


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
async def test_each_role_receives_the_reviewed_events(services: Services, stream: Stream) -> None:
    found = await stream.find_heard(services)
    compare("events", stream.name, found.cells(stream.coordinates()))


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("room", ROOMS)
def test_each_role_may_use_the_reviewed_root_fields(room: str, root: str) -> None:
    compare(room, root, matrix.list_root_cells(root, room))


@pytest.mark.parametrize("room", sorted({*ROOMS, *(one.room for one in SUBJECTS.values())}))
def test_each_field_is_shown_to_somebody_and_hidden_from_somebody(room: str) -> None:
    """A coordinate without a value would satisfy every rule."""
    is_open = {name for names in OPEN.values() for name in names.split()}
    known = {one.name for one in STREAMS} | SUBJECTS.keys() | set(ROOTS)
    for asked, seen in matrix.read_cells(room).items():
        if WRITES and asked not in known:
            matrix.write_cells(room, asked, {})
            continue
        assert asked in known, f"{asked} of {room}.csv is asked by nobody: take its lines away"
        for coordinate, cells in seen.items():
            told = {"coordinate": coordinate, "asked": asked, "file": f"tests/specimens/{room}.py"}
            seen_by_nobody = set(cells) <= {NOTHING, DENIED}
            assert seen_by_nobody == (coordinate in CLOSED), UNSEEN.format(**told)
            open_to_all = set(cells) == {ALL} and not {asked, coordinate} & is_open
            assert not open_to_all, UNHIDDEN.format(**told)


def test_every_type_of_the_schema_is_asked_for() -> None:
    """No fields but the root fields need arguments."""
    reached = {name for one in SUBJECTS.values() for name in list_types(one.type_)}
    reached |= {one.type_.name for one in STREAMS} | {"EventsMissed", *ROOTS}
    for root in ("Mutation",):
        for name in CORE.type_map[root].fields:
            reached |= set(matrix.list_payload_types(name))
    types = {
        name
        for name, type_ in CORE.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        and not name.startswith("__")
        and not matrix.is_error(name)
    }
    assert types - reached == set(), "give a root field that leads there specimens in `ABOUT`"


def test_every_type_that_can_be_reached_has_a_rule() -> None:
    """A type that is neither a row with a rule nor a report made of such rows is a hole."""
    assert set(SHAPES) == set(reading)
    assert {row for row in BOOK if not row.is_view} >= set(ROWS.values())
    assert len(SHORT) == len(matrix.make_viewers())
