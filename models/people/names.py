"""Names as people type them: tidied where they are written, folded where they are looked for.

The database folds with the functions `folded`, `folded_name`, `name_words`, `name_query` and
`longest_word`, which a migration makes. `folded` in Python does the same for texts that are not
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
"""Apostrophes, which are typed for one another or left out, and characters that nobody sees."""
MARKS: Final = re.compile("[\u0300-\u0305\u0307-\u036f]")
"""Marks above and below letters but for the breve, which makes Й of И: those are two letters, while
Ё is Е."""
BREVE: Final = "\u0306"
LATIN: Final = "abcehikmoptxy"
CYRILLIC: Final = "авсенікмортху"
"""Letters that look alike, small or as capitals: one typed in the wrong alphabet is the same."""
ALIKE: Final = str.maketrans(LATIN, CYRILLIC, BREVE)
BETWEEN: Final = re.compile(r"[\W_]+")
LAST: Final = "\U0010ffff"
"""Sorts behind every letter."""
INDEXED_WORDS: Final = 6
"""How many words of a name an index finds, each in a column of its own. A name of more words has an
empty text in the last of these columns and is found by that."""


def tidied(name: str) -> str:
    """A name as it is kept: composed letters, one space between words, nothing invisible."""
    return " ".join(unicodedata.normalize("NFC", INVISIBLE.sub("", name)).split())


def folded(text: str) -> str:
    """What all spellings of a text have in common: words in lower case, one space between them.

    Case, marks, apostrophes, kinds of spaces and hyphens, and letters of the wrong alphabet that
    look alike make no difference (domain.md e20).
    """
    plain = unicodedata.normalize("NFKD", DROPPED.sub("", text)).lower()
    plain = unicodedata.normalize("NFC", MARKS.sub("", plain))
    return BETWEEN.sub(" ", plain.translate(ALIKE)).strip()


def word_of(name: str, number: int) -> Computed:
    """SQL: the word of a name at a place from 1; null where there is none, but
    an empty text for the first of a name without letters."""
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
"""What belongs in a name: letters, spaces, hyphens, apostrophes, and the full stop of `оглы М.`"""


def oddities_of(name: str, field: str) -> list[Caution]:
    """What speaks against a name, or a part of one.

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
    """`LATIN`, `CYRILLIC` and others, as Unicode names the letters."""
    return {unicodedata.name(letter, "").split(" ")[0] for letter in word if letter.isalpha()}
