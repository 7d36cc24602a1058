"""The reference tells what the schema and the rights are, and can be read from a disk."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, get_named_type
from markupsafe import Markup
from typer.testing import CliRunner

from auth.matrix import default_rights
from auth.rights import Right
from gql.cli import app
from gql.reference.book.links import Links
from gql.reference.book.pages import Book, build
from gql.reference.book.rights import find_rights, name_of, right_of, right_to_read
from gql.reference.book.subjects import ROOMS
from gql.reference.book.texts import LANGUAGES, TEXTS
from gql.schema import schema
from models.access.roles import AccessScope, Role

CORE = schema._schema  # noqa: SLF001  # graphql-core's
VOID = {"meta", "link", "input", "br"}


class Page(HTMLParser):
    """The links, anchors and texts of a page. Notes tags that are not closed in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.disorder: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [
            value for name in ("href", "src", "data-names") if (value := given.get(name))
        ]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.disorder.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def told(self) -> str:
        return " ".join(" ".join(self.text).split())


@cache
def files() -> dict[str, str]:
    return build()


@cache
def page(path: str) -> Page:
    return Page(files()[path])


def pages() -> list[str]:
    return [path for path in files() if path.endswith(".html")]


# -- a folder that is whole ------------------------------------------------------------


def test_every_link_leads_to_a_place_that_exists() -> None:
    broken = []
    count = 0
    for path in pages():
        for link in page(path).links:
            to, _, anchor = link.partition("#")
            target = normpath(join(dirname(path), to)) if to else path
            count += 1
            if target not in files() or (anchor and anchor not in page(target).ids):
                broken.append(f"{path}: {link}")
    assert count > 20_000
    assert broken == []


def test_no_page_asks_anything_of_another_server() -> None:
    for path, text in files().items():
        assert not re.search(r"(?:src|href|action|data-\w+)\s*=\s*[\"']?(?:https?:)?//", text), path
        assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|WebSocket", text), path


def test_every_page_is_well_formed_and_its_places_are_named_once() -> None:
    for path in pages():
        parsed = page(path)
        assert parsed.disorder == [], path
        assert parsed.open == [], path
        assert len(set(parsed.ids)) == len(parsed.ids), path


def test_every_page_can_be_walked_by_its_headings_and_landmarks() -> None:
    for path in pages():
        levels = page(path).headings
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        assert all(b - a <= 1 for a, b in pairwise(levels)), path
        assert page(path).tags.count("main") == 1, path
        if path.count("/"):
            assert {"header", "nav"} <= set(page(path).tags), path


def test_no_page_needs_a_script_or_holds_one() -> None:
    """The search is hidden without its script; the policy would refuse scripts inside a page."""
    for path in pages():
        for tag in re.findall(r"<script[^>]*>", files()[path]):
            assert "src=" in tag
        assert " style=" not in files()[path]
        assert " onclick=" not in files()[path]
        if "<form" in files()[path]:
            assert '<form role="search" hidden>' in files()[path]


def test_the_search_knows_every_type_and_field() -> None:
    names = files()["names.js"]
    for name in ("Student", "Student.fullName", "setMark", "diary", "Role.PARENT"):
        assert f'"{name}":' in names
    assert '"Query.diary"' not in names


def test_both_languages_have_the_same_pages_and_words() -> None:
    assert TEXTS["ru"].keys() == TEXTS["en"].keys()
    assert list(LANGUAGES) == list(TEXTS)
    of = {
        language: {path[3:] for path in pages() if path.startswith(f"{language}/")}
        for language in LANGUAGES
    }
    assert of["ru"] == of["en"]
    for path in pages():
        if "/" in path:
            assert f'<html lang="{path[:2]}">' in files()[path]
    for name, text in TEXTS["ru"].items():
        assert re.search("[а-яё]", text) or name.startswith("other"), name


def test_russian_pages_say_that_descriptions_are_in_english() -> None:
    for path in pages():
        if path.startswith("ru/"):
            assert "Описания полей и типов — по-английски" in files()[path], path


def test_what_is_shown_is_escaped() -> None:
    links = Links([], up="")
    told = "a <script>alert(1)</script> & `<b>` **<i>**"
    for made in (links.prose(told), links.blocks(told), links.name("<b>", "<i>")):
        assert isinstance(made, Markup)
        assert not re.search("<(script|b|i)>", made)
    # A description of the schema in which a tag could stand, as it does in this product's own.
    assert links.prose("x < y") == "x &lt; y"
    assert "<script>alert" not in "".join(files().values())


# -- the schema ------------------------------------------------------------------------


def shown_types() -> Iterator[Any]:
    roots = {CORE.query_type, CORE.mutation_type, CORE.subscription_type}
    for name, type_ in CORE.type_map.items():
        if not name.startswith("__") and type_ not in roots:
            yield type_


def test_every_type_and_field_stands_on_one_page() -> None:
    book = Book(CORE)
    placed = [type_.name for one in book.subjects for type_ in one.types]
    assert sorted(placed) == sorted(type_.name for type_ in shown_types())
    for subject in book.subjects:
        ids = page(f"en/{subject.path}").ids
        assert subject.coordinate in ids
        for type_ in subject.types:
            assert type_.name in ids
            parts = getattr(type_, "fields", None) or getattr(type_, "values", {})
            if not (isinstance(type_, GraphQLEnumType) and type_.name.endswith("Code")):
                assert {f"{type_.name}.{part}" for part in parts} <= set(ids), type_.name


def test_the_whole_book_holds_every_type_and_field() -> None:
    ids = set(page("ru/book.html").ids)
    for type_ in shown_types():
        assert type_.name in ids
    for root in (CORE.query_type, CORE.mutation_type, CORE.subscription_type):
        assert root
        assert {f"{root.name}.{name}" for name in root.fields} <= ids


def test_every_subject_is_listed_in_its_room() -> None:
    book = Book(CORE)
    for subject in book.subjects:
        assert subject.room in ROOMS
        listing = page(f"ru/rooms/{subject.room}.html")
        assert f"../{subject.path}#{subject.coordinate}" in listing.links
    rooms = {one.name: one.room for one in book.subjects}
    assert (rooms["setMark"], rooms["Student"], rooms["sendMail"]) == (
        "journal", "people", "communication",
    )  # fmt: skip
    assert [one for one in rooms if rooms[one] == "common" and one.startswith("set")] == []


def test_a_field_tells_its_type_whether_it_may_be_null_and_what_it_needs() -> None:
    told = page("en/types/Student.html").told
    assert "fullName : String !" in told
    assert "patronymic : String · may be null" in told
    assert "birthDate : Date · may be null · needs birth-dates:read" in told
    assert "Needs `" not in "".join(files().values())


def test_arguments_and_inputs_tell_whether_they_are_required() -> None:
    assert "studentId : ID ! · required" in page("en/queries/diary.html").told
    assert "from : Date · optional" in page("en/queries/diary.html").told
    assert "direction : Direction ! = ASC · optional" in page("en/types/Student.html").told
    assert TEXTS["en"]["one_of"] in page("en/types/Student.html").told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_shows_its_input_its_codes_and_their_texts(language: str) -> None:
    book = Book(CORE)
    commands = [one for one in book.subjects if one.root == "Mutation"]
    assert len(commands) > 50
    for command in commands:
        told = page(f"{language}/{command.path}").told
        assert command.field
        payload: Any = get_named_type(command.field.type)
        error: Any = get_named_type(payload.fields["userErrors"].type)
        messages = {one.code: one.messages for one in book.codes}
        for code in get_named_type(error.fields["code"].type).values:
            assert code in told
            for english, russian in messages[code]:
                text = (english if language == "en" else russian).replace("`", "")
                assert "".join(text.split()) in "".join(told.split()), (command.name, code)
        for argument in command.field.args.values():
            input_ = get_named_type(argument.type)
            if isinstance(input_, GraphQLInputObjectType):
                assert input_.name in page(f"{language}/{command.path}").ids


def test_what_an_example_uses_shows_the_example() -> None:
    told = page("en/queries/diary.html").told
    assert "diary(studentId:" in told
    assert "../examples.html#SetMark" in page("en/commands/setMark.html").links
    used = {use for one in Book(CORE).examples for use in one.uses}
    assert len(used) > 60


# -- roles -----------------------------------------------------------------------------


def part_of_role(role: Role, room: str) -> str:
    html = files()[f"en/roles/{role.name}.html"]
    start = html.index(f'<section id="{room}">')
    return html[start : html.index("</section>", start)]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.name)
def test_a_role_reads_and_does_what_the_matrix_gives_it(role: Role) -> None:
    """For each field and command of the schema: granted where the matrix of rights grants it."""
    book = Book(CORE)
    rights = {right for holder, right, _ in default_rights() if holder is role}
    assert set(find_rights(role)) == rights
    for subject in book.subjects:
        section = part_of_role(role, subject.room)
        link = f'href="../{subject.path}#{subject.coordinate}"'
        if subject.root:
            needed = right_of(subject.field) if subject.field else None
            assert (link in section) == (needed is None or needed in rights), subject.name
        elif isinstance(type_ := subject.types[0], GraphQLObjectType):
            of_rows = right_to_read(type_)
            if of_rows and of_rows not in rights:
                assert link not in section
                continue
            refused = [
                name
                for name, field in type_.fields.items()
                if (needed := right_of(field)) and needed not in rights
            ]
            shown = next(
                (one for one in book.types_for(role, subject.room) if one.type is type_), None
            )
            assert [name for name, _ in (shown.refused if shown else [])] == refused


def test_the_scopes_of_a_right_are_those_of_the_matrix() -> None:
    for role in Role:
        for right, scopes in find_rights(role).items():
            given = {s for holder, held, s in default_rights() if (holder, held) == (role, right)}
            assert set(scopes) == given
    assert find_rights(Role.PARENT)[Right.MARKS_READ] == (AccessScope.CHILD,)


def test_a_parent_is_told_what_they_may_see_and_what_not() -> None:
    journal = part_of_role(Role.PARENT, "journal")
    assert "Mutation.setMark" not in journal
    assert "Query.diary" in journal
    mark = journal[journal.index('href="../types/Mark.html#Mark"') :]
    assert TEXTS["en"]["scope_CHILD"] in mark[:200]
    assert re.search(r'class="refused">Does not see: <a [^>]*#Mark.authorName', mark)
    assert "Mutation.setMark" in part_of_role(Role.SUBJECT_TEACHER, "journal")


def test_every_role_has_a_name_in_both_languages() -> None:
    for role in Role:
        assert re.fullmatch(r"[A-Z][\w ]+", name_of(role, "en")), role
        assert re.fullmatch(r"[А-Я][а-яёА-Я ,-]+", name_of(role, "ru")), role


def test_every_right_tells_who_holds_it() -> None:
    told = page("en/rights.html")
    assert {right.value for right in Right} <= set(told.ids)
    html = files()["en/rights.html"]
    start = html.index('id="identity:read-full"')
    assert "the whole school: Secretary, Director" in " ".join(html[start : start + 300].split())


def test_every_error_code_stands_on_one_page() -> None:
    ids = page("ru/codes.html").ids
    assert {one.code for one in Book(CORE).codes} <= set(ids)


# -- the command line ------------------------------------------------------------------


def test_the_command_writes_the_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["docs", "build", str(tmp_path / "docs")])
    assert done.exit_code == 0, done.output
    written = {
        str(file.relative_to(tmp_path / "docs")): file.read_text(encoding="utf-8")
        for file in (tmp_path / "docs").rglob("*")
        if file.is_file()
    }
    assert written == files()
    assert sum(len(text.encode()) for text in written.values()) < 12_000_000
