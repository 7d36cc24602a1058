"""Reading a set: a folder or a ZIP with OneRoster files becomes records and findings.

    roster = read(Path("autumn.zip"))
    if roster.errors: ...            # show them; nothing was written anywhere
    for user in roster.records.users.values(): ...

Bad content becomes findings; a path without a set raises RosterUnreadable.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from resolvers.exchange.oneroster.build import records_of
from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.coherence import check_coherence, check_complete
from resolvers.exchange.oneroster.columns import MANIFEST, PROFILES, READ
from resolvers.exchange.oneroster.files import Limits, RosterFile, files_of
from resolvers.exchange.oneroster.findings import Finding, Findings, Severity
from resolvers.exchange.oneroster.guardians import add_guardians
from resolvers.exchange.oneroster.left_out import leave_out
from resolvers.exchange.oneroster.manifest import Manifest, dialect_of, manifest_of
from resolvers.exchange.oneroster.records import Records
from resolvers.exchange.oneroster.references import check_parents, check_references
from resolvers.exchange.oneroster.refusals import RosterUnreadable, Why
from resolvers.exchange.oneroster.schools import check_schools, school_of_each, schools_of
from resolvers.exchange.oneroster.tables import Table, table_of
from resolvers.exchange.oneroster.vocabulary import Dialect, Mode
from resolvers.exchange.oneroster.years import check_years, year_of_each

USUAL: Final = Limits()
MOSCOW: Final = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class RosterSet:
    """A set that was read.

    records: By kind and `sourced_id`.
    findings: By file and row.
    modes: {file of the standard: bulk or delta}, by the manifest.
    schools: Organisations that are schools, or are treated as one.
    school_of: {organisation: its school}.
    year_of: {session: its school year}.
    zone: The time zone in which instants were read as days.
    lenient: Indicates whether bad rows and their dependents were left out.
    """

    dialect: Dialect
    records: Records
    findings: tuple[Finding, ...]
    modes: Mapping[str, Mode]
    schools: tuple[str, ...]
    school_of: Mapping[str, str]
    year_of: Mapping[str, str]
    zone: str
    lenient: bool

    @property
    def instants(self) -> bool:
        """Whether some day depends on the zone."""
        return any(it.code is Code.DATE_IS_INSTANT for it in self.findings)

    @property
    def errors(self) -> list[Finding]:
        """The findings that prevent the import."""
        return [it for it in self.findings if it.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that say how doubtful data was interpreted."""
        return [it for it in self.findings if it.severity is Severity.WARNING]

    @property
    def delta(self) -> bool:
        """Whether some file contains changes only: then missing records were not deleted."""
        return Mode.DELTA in self.modes.values()


def read(
    path: Path, limits: Limits = USUAL, *, time_zone: str = MOSCOW, lenient: bool = False
) -> RosterSet:
    """Read the set at `path`.

    time_zone: IANA name of the zone in which an instant becomes a day.
    lenient: Whether to leave out every bad row with its dependents (see `left_out`).
    """
    findings = Findings()
    files = files_of(path, limits, findings)
    present = frozenset(files)
    tables = tables_of(files, limits, findings)
    manifest = manifest_of(tables.pop(MANIFEST, None), present, findings)
    dialect = dialect_of(tables, manifest, findings) if tables else None
    if dialect is None:
        raise RosterUnreadable(Why.UNKNOWN_DIALECT, findings.list_all())
    check_files(dialect, present, tables, manifest, findings)
    records = records_of(tables, dialect, ZoneInfo(time_zone), findings)
    check_references(records, tables, manifest, findings)
    leave_out(records, tables, manifest, findings, lenient=lenient)
    check_parents(records, findings)
    add_guardians(records, manifest.delta, findings)
    schools = schools_of(records, manifest.delta, findings)
    school_of = school_of_each(records.orgs, schools)
    year_of = year_of_each(records.sessions)
    check_schools(records, school_of, findings)
    check_coherence(records, findings)
    if not manifest.delta:
        check_years(records.sessions, year_of, findings)
        check_complete(records, findings)
    return RosterSet(
        dialect=dialect,
        records=records,
        findings=findings.list_all(),
        modes=manifest.modes,
        schools=schools,
        school_of=school_of,
        year_of=year_of,
        zone=time_zone,
        lenient=lenient,
    )


def tables_of(files: dict[str, RosterFile], limits: Limits, findings: Findings) -> dict[str, Table]:
    """Parse the files into tables. There is a finding for each file that is not read.

    The bytes are dropped file by file, so that the set is in memory only once.
    """
    tables: dict[str, Table] = {}
    for kind in list(files):
        file = files.pop(kind)
        if kind in (MANIFEST, *READ):
            if table := table_of(file, limits.rows, findings):
                tables[kind] = table
        else:
            header = file.content[:4096].partition(b"\n")[0].lower()
            copied = kind == PROFILES and b"roletype" in header
            findings.add(Code.PROFILES_ARE_ROLES if copied else Code.FILE_NOT_READ, file.name)
    return tables


def check_files(
    dialect: Dialect,
    present: Collection[str],
    tables: Mapping[str, Table],
    manifest: Manifest,
    findings: Findings,
) -> None:
    """Find missing files, which only a set of changes may lack."""
    in_users = dialect is Dialect.ONEROSTER_1_1
    for kind in () if manifest.delta else ("orgs", "users", *(() if in_users else ("roles",))):
        if kind not in present:
            findings.add_once(Code.FILE_MISSING, f"{kind}.csv")
    users = tables.get("users")
    if in_users and users and "role" not in users.header.columns:
        findings.add(Code.COLUMN_MISSING, users.file, column="role")
