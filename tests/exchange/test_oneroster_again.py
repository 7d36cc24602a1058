"""The next set of the same school: it changes rows, but no decision that people made here."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.database.address import open_session
from resolvers.exchange.oneroster import RosterSet, apply, read
from resolvers.exchange.oneroster.apply import import_roster
from resolvers.exchange.oneroster.report import ImportReport
from resolvers.exchange.oneroster.writing import write
from tests.clones import Clones, clone, make_once
from tests.conftest import SIGNED_IN, Template, vacuum
from tests.exchange.imported import AUTUMN, Import, codes_of, get_school, sum_counts
from tests.exchange.rosters import FIXTURES, read_text, read_with
from tests.postgres import Server
from tests.undo import Operator, keep

WINTER = date(2025, 12, 1)
MEMBERS = """
    SELECT c.grade_level || c.letter, m.valid_from, m.valid_to FROM class_memberships m
    JOIN school_classes c ON c.school_id = m.school_id AND c.id = m.school_class_id
    JOIN students s ON s.school_id = m.school_id AND s.id = m.student_id
    WHERE s.sourced_id = :who ORDER BY m.valid_from
"""


IMPORTED = "made_imported"


@pytest.fixture(scope="session")
async def clones(postgres: Server, template: Template, worker_id: str) -> AsyncIterator[Clones]:
    """Clones of a database into which the gymnasium was imported; it is made once a run."""
    url = postgres.url("postgres", IMPORTED)

    async def make(operator: Operator) -> str:
        await clone(operator, SIGNED_IN, IMPORTED)
        given: dict[str, Any] = {"today": AUTUMN, "time_zone": "Asia/Krasnoyarsk"}
        assert (await import_roster(url, read(FIXTURES / "v1p1"), apply=True, **given)).applied
        await vacuum(url)
        await keep(url)
        return ""

    await make_once(postgres, IMPORTED, make)
    operator = await open_session(postgres.url("postgres", "postgres"))
    clones = Clones(postgres, IMPORTED, f"imported_{worker_id}", operator)
    yield clones
    await clones.close()
    await operator.close()


@pytest.fixture
def importer(importer: Import) -> Import:
    """The gymnasium, imported in autumn; now it is December."""
    return importer.move_to(WINTER)


def change_file(folder: Path, kind: str, before: str, after: str) -> RosterSet:
    assert before in read_text(kind)
    return read_with(folder, "v1p1", **{kind: read_text(kind).replace(before, after)})


def list_deeds(report: ImportReport) -> set[tuple[str, str]]:
    return {(it.entity, it.deed) for school in report.schools for it in school.changes}


async def test_a_new_surname_is_one_change_of_one_person(importer: Import, tmp_path: Path) -> None:
    roster = change_file(tmp_path, "users", "Ольга,Смирнова", "Ольга,Кузнецова")
    report = await importer.apply(roster)
    [change] = report.schools[0].changes
    assert (change.entity, change.columns) == (
        "Person",
        (("family_name", "Смирнова", "Кузнецова"),),
    )
    hers = (
        "SELECT family_name, version FROM persons WHERE family_name = 'Кузнецова' AND version > 1"
    )
    assert await importer.fetch_rows(hers) == [("Кузнецова", 2)]
    assert sum_counts(await importer.apply(roster)).changed == 0


async def test_a_student_who_moves_to_another_class_leaves_the_old_one_that_day(
    importer: Import, tmp_path: Path
) -> None:
    """The set says only that she is in 7Б since September: her membership in 7А lasts until
    today."""
    classes = read_text("classes") + "cls-7b,active,,7Б,07,,,homeroom,,sch-1,y-2025,,,\n"
    lists = read_text("enrollments").replace("cls-7a,sch-1,masha", "cls-7b,sch-1,masha")
    roster = read_with(tmp_path, "v1p1", classes=classes, enrollments=lists)
    report = await importer.apply(roster)
    assert report.ended == 1
    september = date(2025, 9, 1)
    stays = [("7А", september, WINTER), ("7Б", WINTER, date(2026, 9, 1))]
    assert await importer.fetch_rows(MEMBERS, who="masha") == stays
    assert sum_counts(await importer.apply(roster)).changed == 0
    assert sum_counts(await importer.move_to(date(2026, 2, 1)).apply(roster)).changed == 0
    assert await importer.fetch_rows(MEMBERS, who="masha") == stays


async def test_a_withdrawn_student_leaves_and_nothing_is_deleted(
    importer: Import, tmp_path: Path
) -> None:
    before = await importer.sum_tables()
    roster = change_file(tmp_path, "users", "petya,active", "petya,tobedeleted")
    report = await importer.apply(roster)
    assert list_deeds(report) == {
        ("Student", "updated"),
        ("Enrollment", "ended"),
        ("ClassMembership", "ended"),
        ("SectionMembership", "ended"),
    }
    left = "SELECT status FROM students WHERE sourced_id = 'petya'"
    assert await importer.fetch_rows(left) == [("LEFT",)]
    assert await importer.fetch_rows(MEMBERS, who="petya") == [("7А", date(2025, 9, 1), WINTER)]
    after = await importer.sum_tables()
    assert {name for name in after if after[name] % 1000000 < before[name] % 1000000} == set()
    assert sum_counts(await importer.apply(roster)).changed == 0


async def test_a_dismissed_teacher_teaches_nothing_and_has_no_role(
    importer: Import, tmp_path: Path
) -> None:
    [(school, person)] = await importer.fetch_rows(
        "SELECT school_id, person_id FROM staff WHERE sourced_id = 'smirnova'"
    )
    await importer.fetch_rows(
        "INSERT INTO role_grants (school_id, version, person_id, role, scope, valid_from,"
        " granted_at) VALUES (:s, 1, :p, 'SUBJECT_TEACHER', 'SCHOOL', '2025-09-01', now())"
        " RETURNING 1",
        s=school,
        p=person,
    )
    roster = change_file(tmp_path, "users", "smirnova,active", "smirnova,inactive")
    report = await importer.apply(roster)
    kinds = {"Staff", "ClassTeacher", "TeachingAssignment", "RoleGrant"}
    assert list_deeds(report) == {(kind, "ended") for kind in kinds}
    gone = "SELECT valid_to FROM role_grants WHERE person_id = :p AND school_id = :s"
    assert await importer.fetch_rows(gone, p=person, s=school) == [(WINTER,)]
    assert sum_counts(await importer.apply(roster)).changed == 0


async def test_a_new_main_teacher_takes_the_place_of_the_old_one(
    importer: Import, tmp_path: Path
) -> None:
    users = read_text("users") + (
        "belova,active,2025-08-15,TRUE,sch-1,teacher,,,Нина,Белова,Павловна,,,,,,,,\n"
    )
    lists = read_text("enrollments").replace("sec-alg,sch-1,smirnova", "sec-alg,sch-1,belova")
    roster = read_with(tmp_path, "v1p1", users=users, enrollments=lists)
    assert (await importer.apply(roster)).applied
    teaching = """
        SELECT w.sourced_id, t.valid_from, t.valid_to, t.role FROM teaching_assignments t
        JOIN staff w ON w.school_id = t.school_id AND w.id = t.staff_id
        WHERE w.sourced_id IS NOT NULL ORDER BY t.valid_from
    """
    assert await importer.fetch_rows(teaching) == [
        ("smirnova", date(2025, 9, 1), WINTER, "MAIN"),
        ("belova", WINTER, date(2025, 12, 31), "MAIN"),
    ]
    assert sum_counts(await importer.apply(roster)).changed == 0


async def test_a_court_decision_outlives_every_set(importer: Import, tmp_path: Path) -> None:
    igor = (
        "FROM guardians g WHERE g.school_id = guardian_links.school_id"
        " AND g.id = guardian_links.guardian_id AND g.sourced_id = 'igor' RETURNING valid_to"
    )
    await importer.fetch_rows(
        "UPDATE guardian_links SET legal_status = 'TERMINATED', may_receive_info = false,"
        f" basis_document = 'Решение суда' {igor}"
    )
    before = await importer.sum_tables()
    assert sum_counts(await importer.apply(read(FIXTURES / "v1p1"))).changed == 0
    assert await importer.sum_tables() == before
    await importer.fetch_rows(f"UPDATE guardian_links SET valid_to = '2025-11-01' {igor}")
    report = await importer.apply(read(FIXTURES / "v1p2"))
    assert not {it for it in list_deeds(report) if it[0] == "GuardianLink" and it[1] == "created"}


async def test_a_membership_that_ended_here_is_not_revived(importer: Import) -> None:
    """The school took him out of the class; his old school's list still has him in it."""
    await importer.fetch_rows(
        "UPDATE class_memberships m SET valid_to = '2025-11-01' FROM students s"
        " WHERE s.school_id = m.school_id AND s.id = m.student_id AND s.sourced_id = 'petya'"
        " RETURNING 1"
    )
    before = await importer.sum_tables()
    report = await importer.apply(read(FIXTURES / "v1p1"))
    assert sum_counts(report).changed == 0
    assert "ENDED_HERE" in codes_of(report)
    assert await importer.sum_tables() == before


async def test_the_same_child_under_another_key_is_created_and_reported(
    importer: Import, tmp_path: Path
) -> None:
    """Петр is Пётр, and the birth date is the same: somebody who knows them must decide."""
    row = "petr-2,active,,TRUE,sch-1,student,,,Петр,Соколов,,Л-9,,,,,07,,\n"
    roster = read_with(
        tmp_path,
        "v1p1",
        users=read_text("users") + row,
        demographics=read_text("demographics") + "petr-2,,,2011-12-02,male,,RU,\n",
    )
    report = await importer.apply(roster)
    [told] = [it for it in report.findings if it.code.value == "POSSIBLE_DUPLICATE"]
    assert (told.file, told.row, told.severity.value) == ("users.csv", 9, "warning")
    assert "petya" in told.english
    assert report.schools[0].counts["Student"].created == 1


async def test_the_next_year_takes_the_place_of_this_one(importer: Import, tmp_path: Path) -> None:
    sessions = read_text("academicSessions").replace("2026-", "2027-").replace("2025-", "2026-")
    sessions = sessions.replace("2025/2026", "2026/2027").replace("y-2025", "y-2026")
    sessions = (
        sessions.replace("q-1", "q-21").replace("q-2,", "q-22,").replace(",2026\n", ",2027\n")
    )
    classes = read_text("classes").replace("cls-7a", "cls-8a").replace("7А,07", "8А,08")
    classes = classes.replace("y-2025", "y-2026").replace("q-1,q-2", "q-21,q-22")
    classes = classes.replace("sec-alg", "sec-alg8").replace("Алгебра 7А", "Алгебра 8А")
    lists = read_text("enrollments").replace("2026-", "2027-").replace("2025-", "2026-")
    lists = lists.replace("cls-7a", "cls-8a").replace("sec-alg", "sec-alg8")
    given = {"academicSessions": sessions, "classes": classes, "enrollments": lists}
    autumn = importer.move_to(date(2026, 9, 10))
    report = await autumn.apply(read_with(tmp_path, "v1p1", **given))
    assert report.applied, [it.english for it in report.errors]
    years = "SELECT name, status FROM academic_years WHERE school_id = :s ORDER BY starts_on"
    assert await importer.fetch_rows(years, s=get_school(report)) == [
        ("2025/2026", "CLOSING"),
        ("2026/2027", "CURRENT"),
    ]
    first, second = date(2025, 9, 1), date(2026, 9, 1)
    assert await importer.fetch_rows(MEMBERS, who="masha") == [
        ("7А", first, second),
        ("8А", second, date(2027, 9, 1)),
    ]


async def test_a_change_somebody_makes_meanwhile_is_not_overwritten(
    importer: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = change_file(tmp_path, "users", "Ольга,Смирнова", "Ольга,Кузнецова")
    before: dict[str, int] = {}

    async def rename() -> None:
        await importer.fetch_rows(
            "UPDATE persons SET given_name = 'Ольга-Мария', version = version + 1"
            " WHERE family_name = 'Смирнова' AND patronymic = 'Ивановна'"
            " RETURNING 1"
        )
        before.update(await importer.sum_tables())

    async def write_late(*given: object) -> None:
        await rename()
        await write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(apply, "write", write_late)
    report = await importer.apply(roster)
    assert (report.applied, "CHANGED_MEANWHILE" in codes_of(report)) == (False, True)
    assert await importer.sum_tables() == before


MARK = """
WITH l AS (INSERT INTO lessons (school_id, version, section_id, staff_id, date, starts_at,
        ends_at, ordinal, status)
    SELECT s.school_id, 1, s.id, w.id, :day, '08:30', '09:15', 1, 'CONDUCTED' FROM sections s
    JOIN staff w ON w.school_id = s.school_id AND w.sourced_id = 'smirnova'
    WHERE s.sourced_id = 'sec-eng' RETURNING school_id, id, section_id, date),
a AS (INSERT INTO assignments (school_id, version, lesson_id, section_id, assignment_type_id, title,
        weight)
    SELECT l.school_id, 1, l.id, l.section_id, min(t.id), 'Диктант', 1 FROM l
    JOIN assignment_types t ON t.school_id = l.school_id
    GROUP BY l.school_id, l.id, l.section_id RETURNING id)
INSERT INTO marks (school_id, version, assignment_id, student_id, section_id, lesson_id, author_id,
    kind, value, set_at, published_at)
SELECT l.school_id, 1, a.id, s.id, l.section_id, l.id, s.person_id, 'NUMERIC', 5, now(), now()
FROM l, a, students s WHERE s.sourced_id = 'petya' RETURNING 1
"""
STAYS = """SELECT m.valid_from, m.valid_to FROM section_memberships m
    JOIN students s ON s.school_id = m.school_id AND s.id = m.student_id
    WHERE s.sourced_id = 'petya' ORDER BY 1"""


async def test_a_membership_does_not_end_before_its_marks(importer: Import, tmp_path: Path) -> None:
    """Such marks would count in the average and be missing from the diary."""
    await importer.fetch_rows(MARK, day=date(2025, 11, 20))
    before = await importer.sum_tables()
    lists = read_text("enrollments").replace(
        "e-6,active,,sec-eng,sch-1,petya,student,false,,",
        "e-6,active,,sec-eng,sch-1,petya,student,false,2025-09-01,2025-11-01",
    )
    roster = read_with(tmp_path, "v1p1", enrollments=lists)
    for report in (await importer.dry_run(roster), await importer.apply(roster)):
        [told] = [it for it in report.findings if it.code.value == "MARKS_IN_THE_WAY"]
        assert (told.file, told.row, told.severity.value) == ("enrollments.csv", 7, "error")
        assert "Соколов" in told.english
        assert "1 mark(s)" in told.english
        assert "2025-11-20" in told.russian
        assert not report.applied
    assert await importer.sum_tables() == before
    longer = lists.replace("2025-11-01", "2025-11-21")
    assert (
        await importer.apply(read_with(tmp_path / "longer", "v1p1", enrollments=longer))
    ).applied
    assert await importer.fetch_rows(STAYS) == [(date(2025, 9, 1), date(2025, 11, 21))]


async def test_a_withdrawn_student_keeps_the_day_of_this_mornings_mark(
    importer: Import, tmp_path: Path
) -> None:
    await importer.fetch_rows(MARK, day=WINTER)
    report = await importer.apply(
        change_file(tmp_path, "enrollments", "e-6,active", "e-6,tobedeleted")
    )
    assert report.applied, codes_of(report)
    [(_, end)] = await importer.fetch_rows(STAYS)
    assert end == WINTER + timedelta(days=1)


async def test_a_student_who_leaves_school_keeps_the_day_of_this_mornings_mark(
    importer: Import, tmp_path: Path
) -> None:
    await importer.fetch_rows(MARK, day=WINTER)
    report = await importer.apply(
        change_file(tmp_path, "users", "petya,active", "petya,tobedeleted")
    )
    assert report.applied, codes_of(report)
    [(_, end)] = await importer.fetch_rows(STAYS)
    assert end == WINTER + timedelta(days=1)
