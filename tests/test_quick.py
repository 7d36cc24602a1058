"""`make quick` chooses the tests that are nearest to a change, and all runs tell what is slow."""

from pathlib import Path

import pytest

from tests.plugin_slowest import Seconds
from tests.quick import ALWAYS, Graph, chosen, cut, lines


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph()


def test_a_test_is_chosen_for_what_it_imports_through_other_tests(graph: Graph) -> None:
    ranks = chosen(["tests/journal/desk.py"], graph).ranks
    assert ranks["tests/journal/test_marks.py"] == 1
    assert "tests/access/test_tries.py" not in ranks


def test_a_test_that_changed_runs_whatever_it_takes(graph: Graph) -> None:
    """In a fresh clone nothing is known of how long each takes."""
    written = "tests/school/test_schools.py"
    ranks = chosen([written, "auth/rights.py"], graph).ranks
    assert written not in cut(ranks, {}, 50)
    assert written not in cut(ranks, {f"{written}::test_one": 900.0}, 50)
    assert len(cut(ranks, {}, 50)) > 50


def test_the_feature_comes_before_its_room_and_other_rooms_not_at_all(graph: Graph) -> None:
    for path in ("resolvers/journal/diary.py", "gql/journal/diary.py"):
        ranks = chosen([path], graph).ranks
        assert ranks["tests/journal/test_diary.py"] == 2
        assert ranks["tests/journal/test_attendance.py"] == 3
        assert "tests/timetable/test_due.py" not in ranks


def test_a_rule_is_judged_by_the_matrix_too(graph: Graph) -> None:
    [rule] = [one for one in ("auth/journal/marks.py", "auth/journal.py") if Path(one).exists()]
    ranks = chosen([rule], graph).ranks
    assert ranks["tests/authz/test_matrix.py"] == 2
    assert ranks["tests/journal/test_marks.py"] in (2, 3)


def test_of_what_has_no_room_the_rooms_that_import_it_are_asked(graph: Graph) -> None:
    assert "gql.bridge.filters" in graph.graph.modules
    assert 4 in chosen(["gql/bridge/filters.py"], graph).ranks.values()


def test_a_file_that_is_no_module_is_judged_by_the_tests_that_name_it(graph: Graph) -> None:
    ranks = chosen(["tests/engine/not_compiled.txt"], graph).ranks
    assert ranks["tests/engine/test_not_compiled.py"] == 1


def test_the_house_is_judged_whatever_changed(graph: Graph) -> None:
    assert chosen(["LICENSE"], graph).ranks.keys() >= set(ALWAYS)


def test_without_time_the_furthest_and_longest_tests_are_left_out_and_named(graph: Graph) -> None:
    ranks = {ALWAYS[0]: 1, "tests/a/test_a.py": 2, "tests/a/test_b.py": 3}
    known = {
        f"{ALWAYS[0]}::test_all": 9.0,
        "tests/a/test_a.py::test_short": 1.0,
        "tests/a/test_a.py::test_long": 5.0,
        "tests/c/test_c.py::test_other": 1.0,
    }
    assert list(cut(ranks, known, 11)) == []
    left_out = cut(ranks, known, 2)
    assert list(left_out) == ["tests/a/test_a.py::test_long", "tests/a/test_b.py"]
    assert list(cut(ranks, known, 0)) == [
        "tests/a/test_a.py::test_short",
        "tests/a/test_a.py::test_long",
        "tests/a/test_b.py",
    ]
    *_, told = lines(chosen(["LICENSE"], graph), left_out)
    assert "2 of their tests, 9 s; the longest 5 s, tests/a/test_a.py::test_long" in told


def test_the_slowest_files_are_told_with_all_their_workers_took() -> None:
    seconds = Seconds()
    for name, when, took in (
        ("tests/test_a.py::test_one", "setup", 2.0),
        ("tests/test_a.py::test_one", "call", 3.0),
        ("tests/test_a.py::test_two", "call", 1.0),
        ("tests/test_b.py::test_one", "call", 4.0),
    ):
        report = pytest.TestReport(name, ("", 0, ""), {}, "passed", None, when, duration=took)  # type: ignore[arg-type]
        seconds.pytest_runtest_logreport(report)
    first, second, sum_ = seconds.lines()
    assert first.split() == [
        "6.0",
        "s",
        "2",
        "tests",
        "tests/test_a.py",
        "(longest:",
        "5.0",
        "s,",
        "test_one)",
    ]
    assert second.split()[4] == "tests/test_b.py"
    assert sum_.split() == ["10.0", "s", "3", "tests", "in", "2", "files"]
