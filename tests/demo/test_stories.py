"""The people with a story: the data of each agree with it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from resolvers.demo import STORIES
from tests.conftest import TODAY
from tests.demo.conftest import Loaded, Row

LINKS = (
    "SELECT l.*, c.full_name AS child, c.adult_on FROM guardian_links l"
    " JOIN guardians g ON g.id = l.guardian_id JOIN students s ON s.id = l.student_id"
    " JOIN persons c ON c.id = s.person_id WHERE g.person_id = $1 ORDER BY c.birth_date"
)
CLASSES = (
    "SELECT c.grade_level || c.letter AS name, m.valid_from, m.valid_to FROM class_memberships m"
    " JOIN school_classes c ON c.id = m.school_class_id WHERE m.student_id = $1 ORDER BY valid_from"
)


async def fetch_links(small: Loaded, story: str) -> list[Row]:
    person = await small.find_person(STORIES[story])
    return await small.fetch_rows(LINKS, person["id"])


async def test_a_mother_has_two_children_here(small: Loaded) -> None:
    children = [link["child"] for link in await fetch_links(small, "two children in this school")]
    assert children == ["Иванова Мария Петровна", "Иванов Павел Петрович"]


async def test_a_mother_signs_in_to_two_schools_with_one_login(small: Loaded) -> None:
    login = STORIES["children in two schools"]
    schools = await small.fetch_rows(
        "SELECT s.school_id FROM credentials c JOIN credential_schools s"
        " ON s.credential_id = c.id WHERE c.login = $1 ORDER BY 1",
        login,
    )
    assert [row["school_id"] for row in schools] == [small.main, small.neighbour]
    here, there = [await small.find_person(login, row["school_id"]) for row in schools]
    names = [here["full_name"], there["full_name"]]
    assert names == ["Морозова Екатерина Андреевна"] * 2
    children = [
        (await small.fetch_rows(LINKS, person["id"]))[0]["child"] for person in (here, there)
    ]
    assert children == ["Морозов Артём Денисович", "Морозова Алиса Денисовна"]


async def test_no_other_login_leads_to_two_schools(small: Loaded) -> None:
    shared = await small.fetch_rows(
        "SELECT credential_id FROM credential_schools GROUP BY 1 HAVING count(*) > 1"
    )
    assert len(shared) == 1


async def test_a_divorced_father_lives_apart_and_keeps_all_rights(small: Loaded) -> None:
    [link] = await fetch_links(small, "divorced father, all rights")
    assert (link["legal_status"], link["lives_with"]) == ("FULL", False)
    assert link["may_receive_info"]
    assert link["may_contact"]
    assert not link["hide_whereabouts"]


async def test_a_restricted_father_is_told_of_marks_but_not_of_the_address(small: Loaded) -> None:
    [link] = await fetch_links(small, "restricted father, must not learn the address")
    assert link["legal_status"] == "RESTRICTED"
    assert link["may_receive_info"]
    assert link["hide_whereabouts"]
    assert "Решение" in link["basis_document"]


async def test_a_mother_lost_her_rights_and_a_grandmother_is_guardian(small: Loaded) -> None:
    [mother] = await fetch_links(small, "mother without rights")
    [guardian] = await fetch_links(small, "grandmother as guardian")
    assert mother["student_id"] == guardian["student_id"]
    assert (mother["legal_status"], mother["may_receive_info"]) == ("TERMINATED", False)
    assert (guardian["legal_status"], guardian["relation"]) == ("FULL", "GUARDIAN")


async def test_one_student_of_grade_11_is_of_age(small: Loaded) -> None:
    [link] = await fetch_links(small, "mother of one who is of age")
    student = await small.find_student(STORIES["student of age"])
    assert link["student_id"] == student["id"]
    assert link["adult_on"] < TODAY
    [klass] = await small.fetch_rows(CLASSES, student["id"])
    assert klass["name"] == "11А"


async def test_a_teacher_is_a_parent_of_one_she_does_not_teach(small: Loaded) -> None:
    [link] = await fetch_links(small, "teacher and parent")
    person = await small.find_person(STORIES["teacher and parent"])
    sections = await small.fetch_value(
        "SELECT count(*) FROM staff s JOIN teaching_assignments t ON t.staff_id = s.id"
        " WHERE s.person_id = $1",
        person["id"],
    )
    taught = await small.fetch_value(
        "SELECT count(*) FROM staff s JOIN teaching_assignments t ON t.staff_id = s.id"
        " JOIN section_memberships m ON m.section_id = t.section_id"
        " WHERE s.person_id = $1 AND m.student_id = $2",
        person["id"],
        link["student_id"],
    )
    assert sections > 5
    assert taught == 0
    accounts = await small.fetch_value(
        "SELECT count(*) FROM accounts WHERE person_id = $1", person["id"]
    )
    assert accounts == 1


async def test_the_story_class_learns_english_in_two_groups(small: Loaded) -> None:
    groups = await small.fetch_rows(
        "SELECT s.name, count(*) FILTER (WHERE m.valid_to IS NULL) AS members, c.login"
        " FROM sections s JOIN section_memberships m ON m.section_id = s.id"
        " JOIN teaching_assignments t ON t.section_id = s.id JOIN staff e ON e.id = t.staff_id"
        " JOIN accounts a ON a.person_id = e.person_id JOIN credentials c ON c.id = a.credential_id"
        " WHERE s.name LIKE '7А Английский%' GROUP BY 1, 3 ORDER BY 1"
    )
    assert [row["login"] for row in groups] == [
        STORIES["first English group of 7А"],
        STORIES["second English group of 7А"],
    ]
    assert [row["members"] for row in groups] == [5, 6]


async def test_one_student_moved_to_the_parallel_class(small: Loaded) -> None:
    student = await small.find_student(STORIES["moved from 7А to 7Б in October"])
    before, after = await small.fetch_rows(CLASSES, student["id"])
    moved_on = date(2026, 10, 12)
    assert (before["name"], before["valid_to"]) == ("7А", moved_on)
    assert (after["name"], after["valid_from"], after["valid_to"]) == ("7Б", moved_on, None)
    marks = await small.fetch_rows(
        "SELECT c.letter, min(l.date), max(l.date) FROM marks m JOIN sections s"
        " ON s.id = m.section_id JOIN school_classes c ON c.id = s.school_class_id"
        " JOIN assignments a ON a.id = m.assignment_id JOIN lessons l ON l.id = a.lesson_id"
        " WHERE m.student_id = $1 GROUP BY 1 ORDER BY 1",
        student["id"],
    )
    [in_a, in_b] = marks
    assert in_a["max"] < moved_on <= in_b["min"]
    summed = await small.fetch_value(
        "SELECT array_agg(DISTINCT left(s.name, 2)) FROM term_marks t JOIN sections s"
        " ON s.id = t.section_id WHERE t.student_id = $1",
        student["id"],
    )
    assert summed == ["7Б"]


async def test_one_student_came_on_22_september(small: Loaded) -> None:
    student = await small.find_student(STORIES["came on 22 September"])
    [klass] = await small.fetch_rows(CLASSES, student["id"])
    assert klass["valid_from"] == student["admitted_on"] == date(2026, 9, 22)
    counted = await small.fetch_value(
        "SELECT reference_count FROM school_classes WHERE school_id = $1 AND grade_level = 8",
        small.main,
    )
    assert counted == 7  # of eight today


async def test_one_student_left_in_october(small: Loaded) -> None:
    student = await small.find_student(STORIES["left in October"])
    [stay] = await small.fetch_rows(
        "SELECT * FROM enrollments WHERE student_id = $1", student["id"]
    )
    assert student["status"] == "LEFT"
    assert stay["exit_date"] == date(2026, 10, 8)
    assert stay["exit_reason"]
    last = await small.fetch_value(
        "SELECT max(l.date) FROM attendance_records r JOIN lessons l ON l.id = r.lesson_id"
        " WHERE r.student_id = $1",
        student["id"],
    )
    assert last < date(2026, 10, 8)


async def test_one_student_is_freed_from_physical_education(small: Loaded) -> None:
    student = await small.find_student(STORIES["freed from physical education"])
    value = await small.fetch_value(
        "SELECT t.value FROM term_marks t JOIN subjects s ON s.id = t.subject_id"
        " WHERE t.student_id = $1 AND s.name = 'Физическая культура'",
        student["id"],
    )
    codes = await small.fetch_value(
        "SELECT array_agg(DISTINCT r.code) FROM attendance_records r"
        " JOIN sections s ON s.id = r.section_id JOIN subjects j ON j.id = s.subject_id"
        " WHERE r.student_id = $1 AND j.name = 'Физическая культура'"
        "  AND r.code NOT IN ('ILLNESS', 'EXCUSED', 'UNEXCUSED', 'ABSENT')",
        student["id"],
    )
    assert (value, codes) == ("EXEMPT", ["EXEMPT"])


async def test_a_student_has_no_patronymic_and_a_foreign_document(small: Loaded) -> None:
    person = await small.find_person(STORIES["without a patronymic, foreign document"])
    kind = await small.fetch_value(
        "SELECT document_kind FROM student_identities i JOIN students s ON s.id = i.student_id"
        " WHERE s.person_id = $1",
        person["id"],
    )
    assert (person["patronymic"], kind) == (None, "FOREIGN")


async def test_a_teacher_retired_and_another_took_over(small: Loaded) -> None:
    retired_on = date(2026, 10, 12)
    old, new = await small.fetch_rows(
        "SELECT s.* FROM staff s JOIN accounts a ON a.person_id = s.person_id"
        " JOIN credentials c ON c.id = a.credential_id WHERE c.login IN ($1, $2) ORDER BY hired_on",
        STORIES["retired in October"],
        STORIES["took over in October"],
    )
    assert old["dismissed_on"] == new["hired_on"] == retired_on
    taught = "SELECT section_id FROM teaching_assignments WHERE staff_id = $1 ORDER BY 1"
    assert (
        await small.fetch_rows(taught, old["id"]) == await small.fetch_rows(taught, new["id"]) != []
    )
    grant = "SELECT valid_to FROM role_grants WHERE person_id = $1"
    assert await small.fetch_value(grant, old["person_id"]) == retired_on
    assert await small.fetch_value(grant, new["person_id"]) is None


async def test_the_municipal_officer_is_no_member_of_staff(small: Loaded) -> None:
    person = await small.find_person("municipal")
    assert await small.fetch_rows("SELECT FROM staff WHERE person_id = $1", person["id"]) == []


async def test_marks_of_the_diagnostic_test_are_not_published_yet(small: Loaded) -> None:
    [test] = await small.fetch_rows(
        "SELECT a.id, a.publish_at, s.name FROM assignments a JOIN sections s"
        " ON s.id = a.section_id WHERE a.publish_at IS NOT NULL"
    )
    assert test["name"] == "7А Алгебра"
    there = ZoneInfo("Asia/Barnaul")
    assert test["publish_at"] == datetime(2026, 11, 26, 12, tzinfo=there)
    marks = await small.fetch_rows("SELECT * FROM marks WHERE assignment_id = $1", test["id"])
    assert len(marks) > 5
    assert {mark["published_at"] for mark in marks} == {test["publish_at"]}


def test_every_story_is_about_somebody_else() -> None:
    assert len(set(STORIES.values())) == len(STORIES)
