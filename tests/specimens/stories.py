"""The school of the specimens: its people and their stories, by which rules are judged.

It is Monday, 23 November 2026, noon. Days are of the year 2026 where no other is given.

Pupils
- masha 7A, all ordinary. Last year 6A. She left the music section on 12 October. She and vera
  were in algebra 7B until 10 September.
- pasha moved from 7A to 7B on 2 November, and from algebra 7A to algebra 7B.
- bella 7B; in algebra 8A until today, in algebra 7B from today.  vera 8A.
- tima 8A today, 7A and algebra 7A from tomorrow.
- gleb left the school today: until then 7A, and algebra 7B before October.
- oleg, nina, yura 11A: oleg is of age, nina from today, yura from tomorrow. yura was in algebra 7A
  until October.

Adults of families
- mother answers for masha. So do uncle (a court restricted him: whereabouts are kept from him) and
  godmother (the school may not write to her). Not: father (a court ended his rights), stepfather
  (is told nothing), granny (until today), aunt (from tomorrow).
- dad is pasha's, ba bella's, orlova vera's, zhanna yura's, galya gleb's.
- olga and tanya are oleg's: he lets tanya hear of him. nina lets her `mum`, not her `pop` (until
  today) nor her `nan` (from tomorrow).

At work
- belova teaches algebra 7A. safonova did until today, petrenko will from tomorrow. From October
  until today safonova taught algebra 7B, too.
- gusev teaches algebra 7B and took pasha over. fomina teaches algebra 8A and algebra 11A.
- rosina teaches art (of no class), music 7A and music 7B, where nobody is. belova taught algebra 6A
  last year.
- klimova leads 7A. zueva did so as a deputy until today, sizova will from tomorrow.
  kim leads 7B, fomina 8A.
- In algebra 7A substitute: dubova today at 9, galin a week ago; efimov today at 14; hitrova nine
  days ago; ivlev today at 10, and that lesson is cancelled.
- anna is deputy director for grade 7 (`anna of grade 7`); as a deputy class teacher she leads 8A.
- boris teaches reading 8A and algebra 7A and substitutes in algebra 8A and algebra 11A; as a
  teacher for 8A (`boris of 8A`) the first and the third count.
- orlova works here, too: as a mother she is `orlova at home`.
- fired worked here until today, and is still written down as a teacher of algebra 11A. hired will
  work here from tomorrow. galin works here from today on, hitrova until tomorrow. dubova will teach
  algebra 7A from next week.
- director, deputy, admin, secretary, hr, psychologist, social; municipal is no member of staff.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tests.specimens.declaring import (
    ALL,
    CHILD,
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    Sees,
    drop_scopes,
    follow,
    follow_each,
    invert,
    link,
    show,
    split_names,
)

TODAY, YESTERDAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 24)
NOW, LATER = (datetime(2026, 11, day, 5, 0, tzinfo=UTC) for day in (23, 24))
BEGAN, LAST_YEAR = date(2026, 9, 1), date(2025, 9, 1)

PUPIL_NAMES = "masha, pasha, bella, vera, tima, gleb, oleg, nina, yura"
FAMILY_NAMES = (
    "mother, uncle, godmother, father, stepfather, granny, aunt, dad, ba, orlova, olga, tanya,"
    " zhanna, galya, mum, pop, nan"
)
TEACHERS = (
    "belova, safonova, petrenko, gusev, fomina, rosina, klimova, zueva, sizova, kim, dubova, galin,"
    " efimov, hitrova, ivlev, anna, boris"
)
OFFICE = "director, deputy, admin, secretary, hr, psychologist, social"
STAFF_NAMES = f"{TEACHERS}, {OFFICE}, orlova, fired, hired"
NO_STAFF = "municipal"
PERSONS = split_names(
    f"{PUPIL_NAMES}, {FAMILY_NAMES}, {TEACHERS}, {OFFICE}, fired, hired, {NO_STAFF}"
)


@dataclass(frozen=True)
class Asker:
    """A person who asks. In a role they act as one thing only: a teacher who is a mother is not a
    mother at work.

    part: `student`, `guardian` or `staff`; empty for people who are none of these.
    grant: The role grant for a part of the school in which they act.
    """

    name: str
    person: str
    part: str = ""
    grant: str = ""


ASKERS = [
    *(Asker(name, name, "student") for name in split_names(PUPIL_NAMES)),
    *(Asker(name, name, "guardian") for name in split_names(FAMILY_NAMES) if name != "orlova"),
    Asker("orlova at home", "orlova", "guardian"),
    *(Asker(name, name, "staff") for name in split_names(STAFF_NAMES)),
    Asker("municipal", "municipal"),
    Asker("anna of grade 7", "anna", "staff", "anna of grade 7"),
    Asker("boris of 8A", "boris", "staff", "boris of 8A"),
]
"""Everybody asks for everything: people whom a declaration does not name must see nothing."""

CHILDREN = show({
    "mother, uncle, godmother": "masha",
    "dad": "pasha",
    "ba": "bella",
    "orlova at home": "vera",
    "mum": "nina",
    "tanya": "oleg",
    "zhanna": "yura",
    "galya": "gleb",
})  # fmt: skip
"""The pupils of whom the school tells each guardian."""

LED = show({
    "klimova": "7A",
    "kim": "7B",
    "fomina, anna": "8A",
    "anna of grade 7": "7A, 7B",
    "boris of 8A": "8A",
})  # fmt: skip
"""The class that each teacher leads today."""

TAUGHT = show({
    "belova, boris": "algebra 7A",
    "gusev": "algebra 7B",
    "fomina": "algebra 8A, algebra 11A",
    "fired": "algebra 11A",
    "rosina": "art, music 7A, music 7B",
    "boris, boris of 8A": "reading 8A",
})  # fmt: skip
"""The sections that each teacher teaches today."""

SUBSTITUTED = show({
    "dubova, galin": "algebra 7A",
    "boris, boris of 8A": "algebra 8A",
    "boris": "algebra 11A",
})  # fmt: skip
"""The sections in which a substitute may read and write, before or after the lesson."""

KNOWN = TAUGHT | SUBSTITUTED

IN_CLASS = {"7A": "masha", "7B": "pasha, bella", "8A": "vera, tima", "11A": "oleg, nina, yura"}
IN_SECTION = {
    "algebra 7A": "masha",
    "algebra 7B": "pasha, bella",
    "algebra 8A": "vera, tima",
    "algebra 11A": "oleg, nina, yura",
    "art": "masha, vera",
    "music 7A": "",
    "music 7B": "",
    "reading 8A": "vera",
    "algebra 6A": "",
}
"""The pupils in each class and section today."""
EVER_IN_SECTION = {
    **IN_SECTION,
    "algebra 7A": "masha, pasha, gleb, tima, yura",
    "algebra 7B": "pasha, bella, gleb, masha, vera",
    "algebra 8A": "vera, tima, bella",
    "music 7A": "masha",
    "algebra 6A": "masha",
}
"""The pupils who are, were or, as far as it is known today, will be in each section."""


OWN = show({name: name for name in split_names(PUPIL_NAMES)})
IN_THEIR_SECTION = link(invert(IN_SECTION), TAUGHT)
IN_THEIR_CLASS = link(invert(IN_CLASS), LED)
PUPILS: Sees = {
    SELF: OWN, CHILD: CHILDREN, SECTION: IN_THEIR_SECTION, CLASS: IN_THEIR_CLASS, SCHOOL: ALL,
}  # fmt: skip
"""By scope, the pupils whom each viewer reaches."""
CLOSELY = drop_scopes(PUPILS, SECTION)
"""The same for data that nobody learns by teaching somebody."""
TOOK_OVER = show({
    "gusev": "pasha in algebra 7A, bella in algebra 8A",
    "belova, boris": "masha in algebra 7B",
    "fomina": "vera in algebra 7B",
    "fomina, fired": "yura in algebra 7A",
})  # fmt: skip
"""Data of a pupil from before a move that the new teacher of the same subject reads, within a
year."""
OF_STAY: Sees = {
    **follow_each("student", PUPILS),
    SECTION: follow("section", KNOWN) | follow("_stay", TOOK_OVER),
}
"""Data of a pupil in a section; `_stay` names pupil and section."""
