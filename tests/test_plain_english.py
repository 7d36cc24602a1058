"""Our own words: no sentence that reads like a translation, no function named by a participle."""

from pathlib import Path

import pytest

from tests.plain_english import find_in_code, find_in_text

ROOT = Path(__file__).parent.parent
ROOMS = sorted(
    {
        "/".join(file.relative_to(ROOT).parts[:2])
        for tree in ("auth", "gql", "models", "resolvers", "tests", "bench")
        for file in (ROOT / tree).rglob("*.py")
        if not {"versions", "peers", "node_modules", ".venv"} & set(file.parts)
    }
)


@pytest.mark.parametrize("room", ROOMS)
def test_words_are_plain(room: str) -> None:
    files = [ROOT / room] if room.endswith(".py") else sorted((ROOT / room).rglob("*.py"))
    found = [
        str(finding)
        for file in files
        if "versions" not in file.parts
        for finding in find_in_code(file)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "What can be read of a row, each as SQL.",
        "Tells of it. Who is not the first has it.",
        "It waits, for it is locked.",
        "It takes the lock, for the row is gone.",
        "It reads but one row.",
    ],
)
def test_a_translation_is_found(text: str) -> None:
    assert list(find_in_text(ROOT, 1, text))


@pytest.mark.parametrize(
    "text",
    [
        "The rows that a viewer may read, as SQL.",
        "What does it cost? One statement.",
        "It waits for the lock, for at most a second.",
        "Of two who write at once the first wins.",
        "It is slow but correct.",
    ],
)
def test_plain_english_is_left_alone(text: str) -> None:
    assert not list(find_in_text(ROOT, 1, text))
