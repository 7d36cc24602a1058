"""The codes of findings. A code is the contract; its texts (english, russian) may be reworded."""

from enum import StrEnum, auto


class Code(StrEnum):
    """The code of a finding. A code always has the same severity."""

    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name

    # -- files
    UNSAFE_NAME = auto()
    SYMLINK = auto()
    FILE_TOO_LARGE = auto()
    FILE_UNREADABLE = auto()
    TWO_FILES = auto()
    FILE_MISSING = auto()
    FILE_ABSENT = auto()
    FILE_NOT_READ = auto()
    FILE_UNKNOWN = auto()
    PROFILES_ARE_ROLES = auto()
    MANIFEST_DISAGREES = auto()
    DIALECT_DISAGREES = auto()
    # -- tables
    ENCODING_GUESSED = auto()
    DELIMITER_GUESSED = auto()
    FILE_EMPTY = auto()
    COLUMN_MISSING = auto()
    COLUMN_TWICE = auto()
    COLUMN_MISSPELT = auto()
    COLUMN_UNKNOWN = auto()
    COLUMNS_UNWANTED = auto()
    COLUMNS_UNNAMED = auto()
    TOO_MANY_ROWS = auto()
    ROW_BROKEN = auto()
    ROW_WRONG_WIDTH = auto()
    ROW_BAD_CHARACTERS = auto()
    CELL_TOO_LONG = auto()
    LINE_BREAK_IN_CELL = auto()
    # -- values
    VALUE_MISSING = auto()
    KEY_MANGLED = auto()
    NUMBER_MANGLED = auto()
    DATE_BAD = auto()
    DATE_IGNORED = auto()
    DATE_NOT_ISO = auto()
    DATE_AMBIGUOUS = auto()
    DATE_IS_INSTANT = auto()
    INSTANTS_ELSEWHERE = auto()
    DATES_REVERSED = auto()
    WORD_BAD = auto()
    WORD_UNKNOWN = auto()
    VALUE_IGNORED = auto()
    CLASS_KIND_GUESSED = auto()
    # -- records
    KEY_CONFLICT = auto()
    ROW_TWICE = auto()
    REFERENCE_MISSING = auto()
    LINK_MISSING = auto()
    REFERENCE_INACTIVE = auto()
    PARENT_CYCLE = auto()
    SCHOOL_GUESSED = auto()
    SCHOOL_MISSING = auto()
    OUTSIDE_SCHOOLS = auto()
    YEAR_MISSING = auto()
    OUTSIDE_YEAR = auto()
    CLASS_WITHOUT_SESSION = auto()
    ENROLLMENT_OUTSIDE_SESSIONS = auto()
    ENROLLMENT_ELSEWHERE = auto()
    ENROLLMENT_ROLE_DIFFERS = auto()
    TWO_HOMEROOMS = auto()
    USER_WITHOUT_ROLE = auto()
    ROLE_WITHOUT_ORG = auto()
    AGENT_NOT_GUARDIAN = auto()
    SELF_GUARDIAN = auto()
    USERNAME_TWICE = auto()
    SAME_PERSON = auto()
    # -- the import
    SCHOOL_UNKNOWN = auto()
    SCHOOL_NOT_ONE = auto()
    SCHOOL_TAKEN = auto()
    SCHOOL_AMBIGUOUS = auto()
    SCHOOL_WITHDRAWN = auto()
    YEARS_OVERLAP = auto()
    TERM_LEFT_OUT = auto()
    TERM_IS_PART = auto()
    CLASS_WITHOUT_GRADE = auto()
    CLASS_LEFT_OUT = auto()
    CLASS_NAME_TWICE = auto()
    SUBJECT_KEPT = auto()
    VALUE_TOO_LONG = auto()
    BIRTH_DATE_ODD = auto()
    AGE_UNUSUAL = auto()
    NAME_ODD = auto()
    FILE_NUMBER_TAKEN = auto()
    POSSIBLE_DUPLICATE = auto()
    ROLE_NOT_TAKEN = auto()
    RELATIVE_NOT_TOLD = auto()
    NOT_IN_SCHOOL = auto()
    OVERLAP_LEFT_OUT = auto()
    ENDED_HERE = auto()
    MARKS_IN_THE_WAY = auto()
    CHANGED_MEANWHILE = auto()
    REFUSED = auto()
    ROWS_LEFT_OUT = auto()
    # -- the rest of a kind
    MORE_ERRORS = auto()
    MORE_WARNINGS = auto()


ERRORS = frozenset(
    {
        Code.UNSAFE_NAME,
        Code.SYMLINK,
        Code.FILE_TOO_LARGE,
        Code.FILE_UNREADABLE,
        Code.TWO_FILES,
        Code.FILE_MISSING,
        Code.COLUMN_MISSING,
        Code.COLUMN_TWICE,
        Code.TOO_MANY_ROWS,
        Code.ROW_BROKEN,
        Code.ROW_WRONG_WIDTH,
        Code.ROW_BAD_CHARACTERS,
        Code.CELL_TOO_LONG,
        Code.VALUE_MISSING,
        Code.KEY_MANGLED,
        Code.DATE_BAD,
        Code.INSTANTS_ELSEWHERE,
        Code.DATES_REVERSED,
        Code.WORD_BAD,
        Code.KEY_CONFLICT,
        Code.REFERENCE_MISSING,
        Code.PARENT_CYCLE,
        Code.SCHOOL_MISSING,
        Code.SELF_GUARDIAN,
        Code.SCHOOL_UNKNOWN,
        Code.SCHOOL_NOT_ONE,
        Code.SCHOOL_TAKEN,
        Code.SCHOOL_AMBIGUOUS,
        Code.YEARS_OVERLAP,
        Code.CLASS_WITHOUT_GRADE,
        Code.CLASS_NAME_TWICE,
        Code.VALUE_TOO_LONG,
        Code.MARKS_IN_THE_WAY,
        Code.CHANGED_MEANWHILE,
        Code.REFUSED,
        Code.MORE_ERRORS,
    }
)
