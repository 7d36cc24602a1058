"""Names as people type them: tidied when they are saved, folded when they are searched for.

The database folds with the functions `folded`, `folded_name`, `name_words`, `name_query` and
`longest_word`, which a migration makes. `fold` in Python does the same for texts that are not
in a database yet; tests/people/test_search.py holds the two equal.
"""

import re
import unicodedata
from typing import Final

from sqlalchemy import Computed

from models.problems import Caution
from models.texts import INVISIBLE as UNSEEN

INVISIBLE: Final = re.compile(f"[{UNSEEN}]")
DROPPED: Final = re.compile(f"['`´‘’‚‛′‵ʹʻʼʽˈ՚＇ꞌ{UNSEEN}]")
"""Apostrophes, which are confused or left out in typing, and invisible characters."""
MARKS: Final = re.compile("[\u0300-\u0305\u0307-\u036f]")
"""Combining marks except the breve: И and Й, which it tells apart, are two letters, while Ё counts
as Е."""
BREVE: Final = "\u0306"
LATIN: Final = "abcehikmoptxy"
CYRILLIC: Final = "авсенікмортху"
"""Letters that look alike, small or as capitals: one typed in the wrong alphabet counts as the
other."""
ALIKE: Final = str.maketrans(LATIN, CYRILLIC, BREVE)
BETWEEN: Final = re.compile(r"[\W_]+")
LAST: Final = "\U0010ffff"
"""A character that sorts behind every letter."""
INDEXED_WORDS: Final = 6
"""The number of indexed words of a name, each in a column of its own. A name of more words has an
empty text in the last of these columns and is found by that."""


def tidy(name: str) -> str:
    """Return a name as it is saved: composed letters, one space between words, nothing
    invisible."""
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", name)).split())


def fold(text: str) -> str:
    """Reduce a text to what its spellings share: words in lower case with one space between them.

    Case, marks, apostrophes, kinds of spaces and hyphens, and letters of the wrong alphabet that
    look alike make no difference (domain.md e20).
    """
    plain = unicodedata.normalize("NFKD", DROPPED.sub("", text)).lower()
    plain = unicodedata.normalize("NFC", MARKS.sub("", plain))
    return BETWEEN.sub(" ", plain.translate(ALIKE)).strip()


def word_of(name: str, number: int) -> Computed:
    """A column with the word of a name at a place from 1. It is null where there is no such word,
    and an empty text at place 1 of a name without letters."""
    word = f"split_part(folded_name({name}), ' ', {number})"
    word = word if number == 1 else f"nullif({word}, '')"
    if number == INDEXED_WORDS:
        more = f"split_part(folded_name({name}), ' ', {number + 1}) <> ''"
        word = f"CASE WHEN {more} THEN '' ELSE {word} END"
    return Computed(word, persisted=True)


# -- odd names ------------------------------------------------------------------------


class NameHasSigns(Caution):
    """The name has digits or signs in it; write it as it stands in the documents."""

    russian = "В имени есть цифры или знаки; напишите его как в документах."


class NameOfOneLetter(Caution):
    """The name has only one letter; write it in full."""

    russian = "В имени всего одна буква; напишите его полностью."


class NameInTwoAlphabets(Caution):
    """A word of the name has Latin and Cyrillic letters; write it in one alphabet."""

    russian = "В одном слове имени латинские и русские буквы; напишите его одним алфавитом."


ODD_NAMES: Final = (NameHasSigns, NameOfOneLetter, NameInTwoAlphabets)
IN_NAMES: Final = re.compile(r"[^\W\d_]|[\s.‐‑‒–—-]|" + DROPPED.pattern)
"""Characters that belong in a name: letters, spaces, hyphens, apostrophes, and the full stop of
`оглы М.`"""


def find_oddities(name: str, field: str) -> list[Caution]:
    """Return the warnings about a name, or a part of one.

    field: The argument it came in.
    """
    composed = unicodedata.normalize("NFC", name)
    found: list[type[Caution]] = []
    if IN_NAMES.sub("", MARKS.sub("", composed)):
        found.append(NameHasSigns)
    if sum(map(str.isalpha, composed)) < 2:
        found.append(NameOfOneLetter)
    if any(len(alphabets_of(word)) > 1 for word in re.split(r"[\s‐‑‒–—-]+", composed)):
        found.append(NameInTwoAlphabets)
    return [odd(field=field) for odd in found]


def alphabets_of(word: str) -> set[str]:
    """Return the alphabets of a word's letters by their Unicode names: `LATIN`, `CYRILLIC`, …"""
    return {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
