"""The tests of rules are tested: they notice each rule that is opened, closed or spoilt.

A run of all tests tries some of the rules; `make mutate-auth` tries all, which takes minutes.
"""

import os
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.structure.classes import ClassMembership, SchoolClass
from tests.specimens.asking import list_questions
from tests.specimens.declaring import BOOK
from tests.specimens.mutants import find_survivors, list_modules, mutate_conditions, mutate_scopes

ALL = os.environ.get("GOROD_MUTANTS") == "all"
FEW = ("auth.relationships.classes", "auth.structure.classes")
ROWS = (SchoolClass, ClassMembership)
ROOMS = sorted({row.__module__.split(".")[1] for row in BOOK})


@pytest.mark.parametrize("room", ROOMS if ALL else ["files", "structure"])
async def test_an_opened_or_closed_scope_is_noticed(sql: AsyncConnection, room: str) -> None:
    rows = {row for row in BOOK if row.__module__.split(".")[1] == room}
    assert await find_survivors(sql, mutate_scopes(rows)) == []


@pytest.mark.parametrize(
    "module",
    [one for one in list_modules() if ALL or one.__name__ in FEW],
    ids=lambda module: module.__name__,
)
async def test_a_spoilt_condition_is_noticed(sql: AsyncConnection, module: ModuleType) -> None:
    asked = [one for one in list_questions() if ALL or one.row in ROWS]
    assert await find_survivors(sql, mutate_conditions(module, asked)) == []
