"""The report of an import or a dry run: counts, changes and findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from resolvers.exchange.oneroster.findings import Finding, Severity
from resolvers.exchange.oneroster.vocabulary import Dialect


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of rows of one kind. `ended` ones got a last day and are not in `updated`."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    ended: int = 0

    @property
    def changed(self) -> int:
        return self.created + self.updated + self.ended


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changes.

    entity: Its kind, e.g. `Student`.
    deed: created, updated or ended.
    label: For people, e.g. `Иванова Мария, 7А`.
    columns: (column, before, after) of each change; of a new row its values. A reference is the
        name of its row.
    """

    entity: str
    deed: str
    label: str
    columns: tuple[tuple[str, object, object], ...]


@dataclass(frozen=True, slots=True)
class SchoolReport:
    """One school of the set.

    school_id: Our number; None for one that a dry run would make.
    founded: Indicates whether it is a new one.
    counts: {kind of row: counts}, in the order in which they are written.
    changes: Every row that changes, parents before children.
    """

    sourced_id: str
    name: str
    school_id: int | None
    founded: bool
    counts: dict[str, Counts]
    changes: tuple[Change, ...]

    @property
    def changed(self) -> int:
        return sum(count.changed for count in self.counts.values())

    @property
    def ended(self) -> int:
        return sum(count.ended for count in self.counts.values())


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The report of a set.

    applied: Indicates whether it was written; a dry run and a refused set write nothing.
    findings: Of the reader and of the planner, by file and row.
    """

    applied: bool
    dialect: Dialect
    schools: tuple[SchoolReport, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        return [it for it in self.findings if it.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [it for it in self.findings if it.severity is Severity.WARNING]

    @property
    def changed(self) -> int:
        """The number of changed rows, new schools included."""
        return sum(school.changed + school.founded for school in self.schools)

    @property
    def ended(self) -> int:
        """The number of memberships, stays, links and employments that get a last day."""
        return sum(school.ended for school in self.schools)

    def lines(self) -> Iterator[tuple[str, str, Counts]]:
        """Yield (school, kind of row, counts) of the kinds in the set."""
        for school in self.schools:
            for entity, counts in school.counts.items():
                yield school.name, entity, counts


LINES: Final = ("school", "entity", "deed", "row", "column", "before", "after")
"""The columns of `change_lines`."""


def change_lines(report: ImportReport) -> Iterator[tuple[str, ...]]:
    """Yield a line for every changed field, in the order of `LINES`."""
    for school in report.schools:
        for change in school.changes:
            for column, before, after in change.columns or (("", None, None),):
                values = ("" if value is None else str(value) for value in (before, after))
                yield (school.name, change.entity, change.deed, change.label, column, *values)


def plain(report: ImportReport) -> dict[str, Any]:
    """Return the report for programs."""
    return {
        "applied": report.applied,
        "dialect": report.dialect.value,
        "schools": [
            {
                "id": school.school_id,
                "sourcedId": school.sourced_id,
                "name": school.name,
                "founded": school.founded,
                "entities": {
                    entity: {name: getattr(counts, name) for name in counts.__slots__}
                    for entity, counts in school.counts.items()
                },
                "changes": [
                    {
                        "entity": change.entity,
                        "deed": change.deed,
                        "label": change.label,
                        "columns": [
                            {"column": column, "before": before, "after": after}
                            for column, before, after in change.columns
                        ],
                    }
                    for change in school.changes
                ],
            }
            for school in report.schools
        ],
        "findings": [
            {name: getattr(finding, name) for name in finding.__slots__}
            for finding in report.findings
        ],
        "errors": len(report.errors),
        "warnings": len(report.warnings),
    }
