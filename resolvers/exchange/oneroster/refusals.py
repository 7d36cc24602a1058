"""The refusal of a path that contains no set."""

from collections.abc import Mapping
from enum import StrEnum, auto
from typing import Final

from resolvers.exchange.oneroster.findings import Finding


class Why(StrEnum):
    """The reason why a set was refused as a whole."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name

    NOT_FOUND = auto()
    NOT_A_SET = auto()
    TOO_LARGE = auto()
    NO_FILES = auto()
    SEVERAL_SETS = auto()
    UNKNOWN_DIALECT = auto()


REASONS: Final[Mapping[Why, tuple[str, str]]] = {
    Why.NOT_FOUND: (
        "There is no such file or folder.",
        "Такого файла или папки нет.",
    ),
    Why.NOT_A_SET: (
        "This is neither a folder nor a ZIP archive that can be read.",
        "Это не папка и не ZIP-архив, который можно прочитать.",
    ),
    Why.TOO_LARGE: (
        "The set is too large, or swells too much when unpacked.",
        "Набор слишком велик или слишком сильно вырастает при распаковке.",
    ),
    Why.NO_FILES: (
        "There are no OneRoster files such as users.csv here.",
        "Здесь нет файлов OneRoster, таких как users.csv.",
    ),
    Why.SEVERAL_SETS: (
        "There are several sets here, in different folders; send one at a time.",
        "Здесь несколько наборов в разных папках; передавайте их по одному.",
    ),
    Why.UNKNOWN_DIALECT: (
        "The files follow neither OneRoster 1.1 or 1.2 nor School Data Sync 2.1.",
        "Файлы не соответствуют ни OneRoster 1.1 или 1.2, ни School Data Sync 2.1.",
    ),
}


class RosterUnreadable(Exception):
    """There is no set that can be read. Errors *in* a set are findings instead.

    code: One of `Why`.
    findings: Those before the refusal.
    """

    def __init__(self, code: Why, findings: tuple[Finding, ...] = ()) -> None:
        self.code, self.findings = code, findings
        self.english, self.russian = REASONS[code]
        super().__init__(self.english)
