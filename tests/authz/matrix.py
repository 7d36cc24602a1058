"""The authorisation matrix: `matrix/<room>.csv` has a line for each subject and pattern of cells.

    asked,STU,PAR,…,MUN,shown
    Student,own,own,own,own,all,all,all,all,all,-,all,-,fullName gender shortName

`all`: the role sees everything that the specimens hold; `own`: some of it; `-`: nothing, silently;
`denied`: nothing, and an error says so. Fields of types below the subject are shown with their
type: `DiaryDay.date`. The cell of a mutation names the rows on which the role may use it (`section
class`); its payload has the same cells, unless it stands in a line of its own.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from graphql import GraphQLObjectType, get_named_type

from auth.actor import Viewer
from auth.matrix import SHORT, default_rights
from auth.rights import Right
from gql.execution.denials import right_of
from gql.execution.operation import DEFINED
from gql.schema import schema
from models.access.roles import AccessScope, Role
from tests.authz.expanding import CORE, ROOTS, list_shown, list_types
from tests.authz.subjects import SUBJECTS, find_rooms_of_roots

FOLDER = Path(__file__).with_name("matrix")
ALL, OWN, NOTHING, DENIED = "all", "own", "-", "denied"
Cells: TypeAlias = tuple[str, ...]
"""By role, in the order of `Role`."""
Seen: TypeAlias = Mapping[str, Cells]
"""By coordinate."""


# -- visible fields -------------------------------------------------------------------


@dataclass
class Found:
    """The places at which each role was shown a value of one subject.

    places: By coordinate and role, the places at which the field showed something.
    denied: By coordinate, the roles that were refused it.
    barred: By type, the roles that were refused something on the way to it.
    """

    places: dict[str, dict[Role, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    denied: dict[str, set[Role]] = field(default_factory=lambda: defaultdict(set))
    barred: dict[str, set[Role]] = field(default_factory=lambda: defaultdict(set))

    def note(self, role: Role, type_: GraphQLObjectType, value: Any, at: str) -> None:
        for coordinate, place, something in list_shown(type_, value, at):
            places = self.places[coordinate][role]
            if something:
                places.add(place)

    def refuse(self, role: Role, errors: Iterable[Mapping[str, Any]]) -> None:
        for error in errors:
            extensions = error["extensions"]
            if extensions["code"] == "WRONG_TERM":
                continue
            assert extensions["code"] == "FORBIDDEN", (role, error)
            coordinate = extensions["coordinate"]
            self.denied[coordinate].add(role)
            type_, _, name = coordinate.partition(".")
            for beyond in list_types(get_named_type(CORE.type_map[type_].fields[name].type)):
                self.barred[beyond].add(role)

    def cell(self, coordinate: str, role: Role) -> str:
        by_role = self.places[coordinate]
        if role in self.denied[coordinate]:
            return DENIED
        if not by_role.get(role):
            barred = role not in by_role and role in self.barred[coordinate.partition(".")[0]]
            return DENIED if barred else NOTHING
        everything = set[str]().union(*by_role.values())
        return ALL if by_role[role] == everything else OWN

    def cells(self, coordinates: Iterable[str]) -> dict[str, Cells]:
        return {one: tuple(self.cell(one, role) for role in Role) for one in coordinates}


# -- root fields: by right, without asking ----------------------------------------------


@cache
def make_viewers() -> list[Viewer]:
    """Return a viewer for each role, with the rights of a new school."""
    rights = default_rights()
    return [Viewer(frozenset((r, s) for one, r, s in rights if one is role)) for role in Role]


def find_reach(root: str, needed: str | None, viewer: Viewer) -> str:
    """Return whether a viewer may ask for a root field; for a mutation, on whose rows."""
    if needed is None:
        return ALL
    scopes = viewer.scopes(Right(needed))
    if root != "Mutation":
        return ALL if scopes else DENIED
    return " ".join(scope.name.lower() for scope in AccessScope if scope in scopes) or DENIED


@cache
def list_rights_of_roots() -> dict[str, str | None]:
    """Return the right that each root field needs, as the printed schema says."""
    needed = {}
    for name in ROOTS:
        root: Any = schema.get_type_by_name(name)
        for one in root.fields:
            found = [d.permission for d in one.directives if hasattr(d, "permission")]
            graphql_name = schema.config.name_converter.get_graphql_name(one)
            needed[f"{name}.{graphql_name}"] = found[0] if found else None
    return needed


def list_root_cells(root: str, room: str) -> Seen:
    """Return the cells of the root fields of a room, and of the payloads of its commands if a field
    of the payload needs another right."""
    rooms, found = find_rooms_of_roots(), {}
    for coordinate, right in list_rights_of_roots().items():
        name = coordinate.partition(".")[2]
        if coordinate.startswith(f"{root}.") and rooms.get(coordinate, "schema") == room:
            found[coordinate] = tuple(find_reach(root, right, viewer) for viewer in make_viewers())
            if root == "Mutation":
                found |= list_payload_cells(name, right)
    return found


def list_payload_cells(mutation: str, right: str | None) -> Seen:
    found = {}
    for type_name in list_payload_types(mutation):
        for name, one in CORE.type_map[type_name].fields.items():
            if own := right_of(one.extensions.get(DEFINED)):
                reached = [
                    [find_reach("Mutation", needed, viewer) for needed in (right, own)]
                    for viewer in make_viewers()
                ]
                cells = tuple(DENIED if DENIED in both else both[0] for both in reached)
                found[f"{type_name}.{name}"] = cells
    return found


def list_payload_types(mutation: str) -> list[str]:
    """Return the types that occur only in the payload of a command."""
    type_: Any = get_named_type(CORE.mutation_type.fields[mutation].type)
    return [
        name
        for name in list_types(type_)
        if name not in list_types_of_subjects() and not is_error(name)
    ]


@cache
def list_types_of_subjects() -> set[str]:
    """Return the types that have subjects of their own."""
    return set().union(*(list_types(subject.type_) for subject in SUBJECTS.values()))


def is_error(type_name: str) -> bool:
    """Return whether the type describes a refusal. It shows only the arguments of the command."""
    type_ = CORE.type_map[type_name]
    return any(one.name == "UserError" for one in getattr(type_, "interfaces", ()))


# -- files ----------------------------------------------------------------------------

HEAD = ["asked", *SHORT, "shown"]


def read_cells(room: str) -> dict[str, dict[str, Cells]]:
    """Read the cells that were reviewed, by subject and coordinate."""
    file = FOLDER / f"{room}.csv"
    found: dict[str, dict[str, Cells]] = defaultdict(dict)
    if file.exists():
        with file.open(newline="") as opened:
            for asked, *cells, shown in list(csv.reader(opened))[1:]:
                for name in shown.split(" "):
                    coordinate = name if "." in name else f"{type_of(asked)}.{name}"
                    assert coordinate not in found[asked], f"{coordinate} stands there twice"
                    found[asked][coordinate] = tuple(cells)
    return found


def type_of(asked: str) -> str:
    """Return the type of a subject, whose fields are written without it."""
    root, _, name = asked.partition(".")
    if not name:
        return asked
    if root == "Subscription":
        union: Any = get_named_type(CORE.type_map[root].fields[name].type)
        return str(union.types[0])
    return str(get_named_type(CORE.type_map[root].fields[name].type)) if name else asked


def write_cells(room: str, asked: str, seen: Seen) -> None:
    """Replace the lines of a subject by those of `seen`; remove them if it is empty."""
    lines = {**read_cells(room), asked: seen}
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / f"{room}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for one in sorted(lines):
            writer.writerows(render_patterns(one, lines[one]))


def render_patterns(asked: str, seen: Seen) -> list[list[str]]:
    """Return a line for each pattern, with all coordinates that have it."""
    by_cells: dict[Cells, list[str]] = defaultdict(list)
    for coordinate in sorted(seen):
        by_cells[seen[coordinate]].append(coordinate.removeprefix(f"{type_of(asked)}."))
    return sorted(
        ([asked, *cells, " ".join(names)] for cells, names in by_cells.items()),
        key=lambda line: line[-1],
    )


@cache
def read_reviewed() -> dict[str, dict[str, dict[str, str]]]:
    """Read the cells of all files, by coordinate and subject, by short names of roles."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for file in sorted(FOLDER.glob("*.csv")):
        for asked, seen in read_cells(file.stem).items():
            for coordinate, cells in seen.items():
                found[coordinate][asked] = dict(zip(SHORT, cells, strict=True))
    return found


# -- differences ----------------------------------------------------------------------

CHANGED = """\
tests/authz/matrix/{room}.csv says something else of {asked} than the schema shows:

{changes}

If each of these is right (auth/matrix.py, domain.md c): `make matrix T={asked}` writes the lines
into the file. Review the difference like code."""


def list_differences(asked: str, was: Seen, now: Seen) -> list[str]:
    """Return the changes, a line for each pattern of changes."""
    found: dict[str, list[str]] = defaultdict(list)
    for coordinate in sorted(now.keys() | was.keys()):
        found[render_difference(was.get(coordinate), now.get(coordinate))].append(
            coordinate.removeprefix(f"{type_of(asked)}.")
        )
    return [f"  {' '.join(names)}: {change}" for change, names in found.items() if change]


def render_difference(was: Cells | None, now: Cells | None) -> str:
    if now is None:
        return "no longer there"
    if was is None:
        by_word: dict[str, list[str]] = defaultdict(list)
        for role, word in zip(SHORT, now, strict=True):
            by_word[word].append(role)
        told = "; ".join(f"{word} to {' '.join(roles)}" for word, roles in by_word.items())
        return f"never reviewed. Shows {told}"
    cells = zip(SHORT, was, now, strict=True)
    return ", ".join(f"{role} {before} -> {after}" for role, before, after in cells
                     if before != after)  # fmt: skip
