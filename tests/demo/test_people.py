"""The people of the small demo, who could be real."""

from datetime import date

import pytest

from models.access.roles import Role
from models.people.persons import Sex
from models.secrets import Secrets, is_valid_snils, mask_document, mask_snils
from resolvers import demo
from resolvers.access.passwords import matches
from resolvers.demo.names import patronymic
from tests.conftest import KEY, TODAY
from tests.demo.conftest import Loaded

ROOT = r"regexp_replace(family_name, '(ая|ий|а)$', '')"
"""SQL for a surname without the ending that differs between men and women."""


async def test_the_school_has_ninety_students_and_its_neighbour_twelve(small: Loaded) -> None:
    counts = await small.fetch_rows(
        "SELECT count(*) FROM students GROUP BY school_id ORDER BY school_id"
    )
    assert [row["count"] for row in counts] == [90, 12]


async def test_the_schools_lie_in_different_time_zones(small: Loaded) -> None:
    zones = await small.fetch_rows("SELECT time_zone FROM schools ORDER BY id")
    assert [row["time_zone"] for row in zones] == ["Asia/Barnaul", "Europe/Moscow"]


async def test_classes_run_from_1_to_11_and_the_7th_has_a_parallel(small: Loaded) -> None:
    names = await small.fetch_rows(
        "SELECT grade_level || letter AS name FROM school_classes WHERE school_id = $1"
        " ORDER BY grade_level, letter",
        small.main,
    )
    expected = "1А 2А 3А 4А 5А 6А 7А 7Б 8А 9А 10А 11А"
    assert " ".join(row["name"] for row in names) == expected


async def test_patronymics_agree_with_the_sex(small: Loaded) -> None:
    odd = await small.fetch_rows(
        "SELECT full_name FROM persons WHERE patronymic IS NOT NULL AND patronymic !~"
        " CASE sex WHEN 'FEMALE' THEN '(вна|ична|инична)$' ELSE '(вич|ич)$' END"
    )
    assert odd == []


async def test_surnames_agree_with_the_sex(small: Loaded) -> None:
    odd = await small.fetch_rows(
        "SELECT full_name FROM persons WHERE family_name ~"
        " CASE sex WHEN 'FEMALE' THEN '(ов|ев|ёв|ин|ский)$' ELSE '(ова|ева|ёва|ина|ская)$' END"
    )
    assert odd == []


async def test_children_have_the_surname_of_a_parent(small: Loaded) -> None:
    """Except where a story says otherwise: a grandmother as guardian beside the mother."""
    strangers = await small.fetch_rows(
        f"SELECT c.full_name FROM students s JOIN persons c ON c.id = s.person_id"
        f" WHERE NOT EXISTS (SELECT FROM guardian_links l"
        f"  JOIN guardians g ON g.id = l.guardian_id JOIN persons p ON p.id = g.person_id"
        f"  WHERE l.student_id = s.id AND {ROOT.replace('family', 'p.family')}"
        f"   = {ROOT.replace('family', 'c.family')})"
    )
    assert strangers == []


async def test_patronymics_of_children_are_of_their_fathers(small: Loaded) -> None:
    fathers = await small.fetch_rows(
        "SELECT c.patronymic, c.sex, f.given_name AS father FROM guardian_links l"
        " JOIN students s ON s.id = l.student_id JOIN persons c ON c.id = s.person_id"
        " JOIN guardians g ON g.id = l.guardian_id JOIN persons f ON f.id = g.person_id"
        " WHERE l.relation = 'FATHER'"
    )
    assert len(fathers) > 40
    for row in fathers:
        assert row["patronymic"] == patronymic(row["father"], Sex[row["sex"]])


async def test_some_names_have_a_yo_and_some_no_patronymic(small: Loaded) -> None:
    assert await small.fetch_value("SELECT count(*) FROM persons WHERE full_name ~ '[Ёё]'") > 20
    assert await small.fetch_value("SELECT count(*) FROM persons WHERE patronymic IS NULL") == 2


async def test_two_students_share_a_full_name(small: Loaded) -> None:
    twice = await small.fetch_rows(
        "SELECT full_name FROM students s JOIN persons p ON p.id = s.person_id"
        " WHERE s.school_id = $1 GROUP BY full_name HAVING count(*) > 1",
        small.main,
    )
    assert [row["full_name"] for row in twice] == ["Кузнецов Иван Сергеевич"]


async def test_ages_fit_the_grades(small: Loaded) -> None:
    odd = await small.fetch_rows(
        "SELECT full_name, birth_date, grade_level FROM class_memberships m"
        " JOIN school_classes c ON c.id = m.school_class_id JOIN students s ON s.id = m.student_id"
        " JOIN persons p ON p.id = s.person_id WHERE NOT extract(year FROM"
        " age('2026-09-01', birth_date)) - grade_level BETWEEN 5 AND 6"
    )
    assert [row["full_name"] for row in odd] == ["Фёдоров Артём Ильич"]


async def test_parents_are_old_enough(small: Loaded) -> None:
    youngest = await small.fetch_value(
        "SELECT min(age(c.birth_date, p.birth_date)) FROM guardian_links l"
        " JOIN students s ON s.id = l.student_id JOIN persons c ON c.id = s.person_id"
        " JOIN guardians g ON g.id = l.guardian_id JOIN persons p ON p.id = g.person_id"
    )
    assert youngest.days > 18 * 365


async def test_insurance_numbers_are_valid_and_decrypt_in_their_place(small: Loaded) -> None:
    vault = Secrets(KEY)
    for table, owner in (("student_identities", "student_id"), ("staff_identities", "staff_id")):
        rows = await small.fetch_rows(f"SELECT * FROM {table}")
        assert rows
        for row in rows:
            place = (row["school_id"], row[owner])
            snils = vault.open(row["snils_encrypted"], table, "snils", *place)
            assert is_valid_snils(snils)
            assert row["snils_index"] == vault.index(snils)
            assert row["snils_masked"] == mask_snils(snils)
            document = vault.open(row["document_encrypted"], table, "document", *place)
            assert mask_document(document)[-3:] == row["document_masked"][-3:]


async def test_addresses_decrypt_in_their_place(small: Loaded) -> None:
    vault = Secrets(KEY)
    for table, owner in (("student_contacts", "student_id"), ("guardian_contacts", "guardian_id")):
        for row in await small.fetch_rows(
            f"SELECT * FROM {table} WHERE school_id = $1", small.main
        ):
            place = (table, "address", row["school_id"], row[owner])
            assert "с. Заречное, ул. " in vault.open(row["address_encrypted"], *place)


async def test_children_under_14_have_birth_certificates(small: Loaded) -> None:
    odd = await small.fetch_rows(
        "SELECT full_name, birth_date, document_kind FROM student_identities i"
        " JOIN students s ON s.id = i.student_id JOIN persons p ON p.id = s.person_id"
        " WHERE (document_kind = 'PASSPORT') <> (birth_date <= $1)"
        "  AND document_kind <> 'FOREIGN' OR issued_on < birth_date OR issued_on > $2",
        date(TODAY.year - 14, TODAY.month, TODAY.day - 3),
        TODAY,
    )
    assert odd == []


async def test_everyone_of_the_demo_has_an_account_with_the_known_password(small: Loaded) -> None:
    without = await small.fetch_value(
        "SELECT count(*) FROM persons p WHERE NOT EXISTS"
        " (SELECT FROM accounts a WHERE (a.school_id, a.person_id) = (p.school_id, p.id))"
    )
    assert without == 0
    hashes = await small.fetch_rows(
        "SELECT DISTINCT password_hash, must_change_password FROM credentials"
    )
    [row] = hashes
    assert await matches(row["password_hash"], demo.DEMO_PASSWORD)
    assert row["must_change_password"] is False


async def test_there_is_a_login_for_every_role(small: Loaded) -> None:
    logins = await demo.logins(small.url)
    assert [login.role for login in logins] == list(Role)
    assert {login.password for login in logins} == {demo.DEMO_PASSWORD}
    assert {login.school for login in logins} == {"МБОУ «Заречненская СОШ»"}
    for login in logins:
        assert (await small.find_person(login.login))["full_name"] == login.name


async def test_each_login_rests_on_a_grant_or_on_a_record(small: Loaded) -> None:
    records = {
        Role.STUDENT: "SELECT count(*) FROM students WHERE person_id = $1",
        Role.PARENT: "SELECT count(*) FROM guardians g JOIN guardian_links l"
        " ON l.guardian_id = g.id WHERE g.person_id = $1",
        Role.CLASS_TEACHER: "SELECT count(*) FROM staff s JOIN class_teachers t"
        " ON t.staff_id = s.id WHERE s.person_id = $1",
    }
    grants = "SELECT count(*) FROM role_grants WHERE person_id = $1 AND role = $2"
    for login in await demo.logins(small.url):
        person = (await small.find_person(login.login))["id"]
        if login.role in records:
            assert await small.fetch_value(records[login.role], person) > 0
        else:
            assert await small.fetch_value(grants, person, login.role.name) == 1


@pytest.mark.parametrize("story", demo.STORIES)
async def test_every_story_has_its_login(small: Loaded, story: str) -> None:
    assert await small.find_person(demo.STORIES[story])


async def test_all_students_have_their_health_entered(small: Loaded) -> None:
    assert await small.fetch_value("SELECT count(*) FROM student_health") == 90 + 12
    assert (
        await small.fetch_value("SELECT count(*) FROM student_health WHERE accommodations <> ''")
        > 2
    )
