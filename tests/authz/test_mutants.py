"""The net itself is tried: whoever opens or closes a rule, or spoils a condition of it, is caught.

A run of all tests tries a part of the rules; `make mutate-auth` tries all, which takes minutes.
"""

import os
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from models.structure.classes import ClassMembership, SchoolClass
from tests.specimens.asking import questions
from tests.specimens.declaring import BOOK
from tests.specimens.mutants import conditions, modules, scopes, survivors

ALL = os.environ.get("GOROD_MUTANTS") == "all"
FEW = ("auth.relationships.classes", "auth.structure.classes")
ROWS = (SchoolClass, ClassMembership)
ROOMS = sorted({row.__module__.split(".")[1] for row in BOOK})


@pytest.mark.parametrize("room", ROOMS if ALL else ["files", "structure"])
async def test_whoever_opens_or_closes_a_scope_is_caught(sql: AsyncConnection, room: str) -> None:
    rows = {row for row in BOOK if row.__module__.split(".")[1] == room}
    assert await survivors(sql, scopes(rows)) == []


@pytest.mark.parametrize(
    "module",
    [one for one in modules() if ALL or one.__name__ in FEW],
    ids=lambda module: module.__name__,
)
async def test_whoever_spoils_a_condition_is_caught(
    sql: AsyncConnection, module: ModuleType
) -> None:
    asked = [one for one in questions() if ALL or one.row in ROWS]
    assert await survivors(sql, conditions(module, asked)) == []
