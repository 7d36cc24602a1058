"""The dialect of a set, and which of its files are complete.

In OneRoster the manifest says both; School Data Sync has none. If manifest and files disagree, the
files count.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.findings import Findings
from resolvers.exchange.oneroster.tables import Table
from resolvers.exchange.oneroster.vocabulary import Dialect, Mode

VERSIONS: Final = {
    "1.0": Dialect.ONEROSTER_1_1,  # the same files; some columns have other names
    "1.1": Dialect.ONEROSTER_1_1,
    "1.2": Dialect.ONEROSTER_1_2,
}
MODES: Final = {mode.value: mode for mode in Mode}


@dataclass(slots=True)
class Manifest:
    """The content of manifest.csv; empty without one.

    version: As written.
    modes: {file of the standard: bulk or delta}.
    """

    file: str = "manifest.csv"
    version: str = ""
    modes: dict[str, Mode] = field(default_factory=dict)

    @property
    def delta(self) -> bool:
        """Whether some file contains changes only, so that references may lead outside."""
        return Mode.DELTA in self.modes.values()


def manifest_of(table: Table | None, present: Collection[str], findings: Findings) -> Manifest:
    """Read the manifest, with a warning for each file about which it is wrong."""
    if table is None:
        return Manifest()
    manifest = Manifest(table.file)
    name_at, value_at = (table.header.columns[it] for it in ("propertyName", "value"))
    for line, cells in table.rows:
        name, value = cells[name_at], cells[value_at]
        kind, mode = name.removeprefix("file."), MODES.get(value.casefold())
        if name == "oneroster.version":
            manifest.version = value
        elif mode and kind != name:
            manifest.modes[kind] = mode
            if (mode is Mode.ABSENT) == (kind in present):
                said = f"{name} = {value}"
                findings.add(Code.MANIFEST_DISAGREES, table.file, line, value=said)
    return manifest


def dialect_of(
    tables: Mapping[str, Table], manifest: Manifest, findings: Findings
) -> Dialect | None:
    """Return the dialect of the files, or else that of the manifest."""
    named = next((it for v, it in VERSIONS.items() if manifest.version.startswith(v)), None)
    seen = dialect_seen(tables)
    if manifest.version and seen and seen is not named:
        findings.add(
            Code.DIALECT_DISAGREES, manifest.file, value=manifest.version, taken=seen.value
        )
    return seen or named


def dialect_seen(tables: Mapping[str, Table]) -> Dialect | None:
    """Detect the dialect: 1.1 has roles in users.csv, 1.2 has roles.csv, School Data Sync has
    roles.csv without keys."""
    columns = {kind: table.header.columns for kind, table in tables.items()}
    if "roles" in columns:
        keyed = "sourcedId" in columns["roles"]
        return Dialect.ONEROSTER_1_2 if keyed else Dialect.SDS_2_1
    if "role" in columns.get("users", ()):
        return Dialect.ONEROSTER_1_1
    keyless = "enrollments" in columns and "sourcedId" not in columns["enrollments"]
    if keyless or "relationships" in columns or "userFlags" in columns:
        return Dialect.SDS_2_1
    return None
