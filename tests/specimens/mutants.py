"""Rules made wrong on purpose, in one place at a time: the specimens must notice each.

A scope of a rule is opened to all rows, or closed. In the source of `auth` one condition is left
out, negated, or its bound is moved. A function is changed in place, so that all its callers use the
mutant.
"""

import ast
import copy
import importlib
import inspect
import pkgutil
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from sqlalchemy import true
from sqlalchemy.exc import DBAPIError, SAWarning, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

import auth
from auth.actor import Viewer
from auth.policy import forget_keys, rules
from auth.rights import Right
from models.access.roles import AccessScope
from models.base import OfSchool
from tests.specimens.asking import Question, list_questions

JOINING = ("and_", "or_")
HOLDING = {"and_": 0, "or_": 0, "where": 0, "keys": 1}
"""Calls whose arguments from this position on are conditions."""
BOUNDS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.GtE: ast.Gt, ast.Gt: ast.GtE,
}  # fmt: skip
Key: TypeAlias = tuple[type[OfSchool], Right]


@dataclass(frozen=True)
class Mutant:
    """A rule that is wrong in one place.

    where: The function, or the row type and the right.
    what: The fault.
    """

    where: str
    what: str
    switch: Any
    asked: tuple[Question, ...]

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


# -- whole scopes ---------------------------------------------------------------------


def mutate_scopes(rows: Collection[type[OfSchool]]) -> Iterator[Mutant]:
    """Yield each scope of each rule for the rows opened, also scopes that a rule does not name, and
    closed."""
    by_key: dict[tuple[Key, AccessScope], list[Question]] = defaultdict(list)
    for question in list_questions():
        if question.row in rows:
            by_key[(question.row, question.right), question.scope].append(question)
    for (key, scope), asked in by_key.items():
        row, right = key
        reach = rules[key](Viewer(frozenset()), row)
        where = f"{row.__name__}, {right}"
        if not all(question.shows_all() for question in asked):
            switch = replace_scope(key, scope, is_open=True)
            yield Mutant(where, f"{scope.name} opened", switch, tuple(asked))
        if scope in reach:
            switch = replace_scope(key, scope, is_open=False)
            yield Mutant(where, f"{scope.name} closed", switch, tuple(asked))


def replace_scope(key: Key, scope: AccessScope, *, is_open: bool) -> Any:
    @contextmanager
    def switch() -> Iterator[None]:
        rule = rules[key]

        def wrong(viewer: Viewer, row: Any) -> Any:
            reach = {one: shows for one, shows in rule(viewer, row).items() if one is not scope}
            return {**reach, scope: true()} if is_open else reach

        rules[key] = wrong
        try:
            yield
        finally:
            rules[key] = rule

    return switch


# -- conditions in the source -----------------------------------------------------------


def mutate_conditions(module: ModuleType, asking: Sequence[Question]) -> Iterator[Mutant]:
    """Yield mutants of each condition in the source of a module: left out, negated, or moved, as
    far as some of the questions reach it."""
    asked = find_callers(tuple(asking))
    for node in ast.parse(inspect.getsource(module)).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inside:
            if isinstance(one, ast.FunctionDef):
                owner = getattr(module, node.name) if isinstance(node, ast.ClassDef) else module
                yield from mutate_function(module, owner, one, asked)


def list_modules() -> list[ModuleType]:
    """Return all modules of `auth`."""
    found = pkgutil.walk_packages(auth.__path__, "auth.")
    return [importlib.import_module(one.name) for one in found if not one.ispkg]


@cache
def find_callers(asking: tuple[Question, ...]) -> dict[CodeType, list[Question]]:
    """Return the questions that call each function of `auth`."""
    found: dict[CodeType, dict[Question, None]] = defaultdict(dict)
    codes: set[CodeType] = set()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_globals.get("__name__", "").startswith("auth."):
            codes.add(frame.f_code)

    for question in asking:
        codes.clear()
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            for is_scoped in (False, True):
                forget_keys()  # otherwise cached queries would be used, and no function called
                question.make_query(is_scoped)
        finally:
            sys.setprofile(before)
        for code in codes:
            found[code][question] = None
    return {code: list(asked) for code, asked in found.items()}


def mutate_function(
    module: ModuleType, owner: Any, node: ast.FunctionDef, asked: dict[CodeType, list[Question]]
) -> Iterator[Mutant]:
    function = inspect.unwrap(getattr(owner, node.name))
    if not isinstance(function, FunctionType) or function.__code__ not in asked:
        return
    which = asked[function.__code__]
    for what, changed in list_changes(node):
        code = compile_function(module, changed)
        where = f"{module.__name__}.{node.name}"
        yield Mutant(where, what, exchange_code(function, code), sort_unlike_first(which))


def sort_unlike_first(asked: list[Question]) -> tuple[Question, ...]:
    """Sort unlike questions first: one of each type and scope, then the others."""
    first: dict[Any, Question] = {}
    for question in asked:
        first.setdefault((question.row, question.scope), question)
    chosen = list(first.values())
    return (*chosen, *(question for question in asked if question not in chosen))


def compile_function(module: ModuleType, node: ast.FunctionDef) -> CodeType:
    node.decorator_list = []
    tree = ast.fix_missing_locations(ast.Module([node], []))
    made: dict[str, Any] = {}
    exec(compile(tree, f"<mutant of {module.__name__}>", "exec"), vars(module), made)
    code: CodeType = made[node.name].__code__
    return code


def exchange_code(function: FunctionType, code: CodeType) -> Any:
    @contextmanager
    def switch() -> Iterator[None]:
        right = function.__code__
        function.__code__ = code
        forget_keys()  # cached queries were made by the original function
        try:
            yield
        finally:
            function.__code__ = right
            forget_keys()

    return switch


def list_changes(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the possible faults of a function, and the function with each fault."""
    for place, node in enumerate(ast.walk(function)):
        for what, make in list_faults(node):
            changed = copy.deepcopy(function)
            there = list(ast.walk(changed))[place]
            Exchange(there, make(there)).visit(changed)
            yield what, changed


class Exchange(ast.NodeTransformer):
    """Replaces one node by another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def list_faults(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], ast.AST]]]:
    """Yield the possible faults of a node, and the function that makes each."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
        first = HOLDING.get(name, len(node.args))
        for place, part in list(enumerate(node.args))[first:]:
            if render(part) not in ("false()", "true()"):
                yield f"{name} without `{render(part)}`", leave_out(place)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in BOUNDS:
        yield f"the bound of `{render(node)}`", move_bound
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        yield f"`{render(node)}` turned round", lambda negated: negated.operand
    elif isinstance(node, ast.If | ast.IfExp):
        yield f"`{render(node.test)}` always true", decide(value=True)
        yield f"`{render(node.test)}` always false", decide(value=False)


def render(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def leave_out(place: int) -> Callable[[Any], ast.AST]:
    def make(call: ast.Call) -> ast.AST:
        del call.args[place]
        alone = getattr(call.func, "id", "") in JOINING and not call.args
        return ast.parse('__import__("sqlalchemy").true()', mode="eval").body if alone else call

    return make


def move_bound(compared: ast.Compare) -> ast.AST:
    compared.ops[0] = BOUNDS[type(compared.ops[0])]()
    return compared


def decide(*, value: bool) -> Callable[[Any], ast.AST]:
    def make(branch: ast.If | ast.IfExp) -> ast.AST:
        branch.test = ast.Constant(value)
        return branch

    return make


# -- what becomes of them -------------------------------------------------------------

EQUIVALENT = {
    "reset_passwords: and_ without `others`": (
        "whoever leads a class works here, and so is none of those whose password is reset"
    ),
    "keys without `Section.school_class_id.is_not(None)`": (
        "NULL is equal to nothing; it spares the planner a look"
    ),
    "attended_by: and_ without `lesson.section_id.in_(ever)`": (
        "it finds the sections of a student by an index; the membership of the day decides"
    ),
    "substitutes_now: and_ without `lesson.date <= viewer.today`": (
        "a lesson of a later day has not begun; it lets an index find the few lessons until today"
    ),
    "former_sections: ": (
        "it finds the few sections that `took_over` is asked for, which asks all of it again"
    ),
    "`assignment.section_id.in_(former_sections(viewer))`": "as the one above",
    "took_over: and_ without `section_id.in_(former_sections(viewer))`": "as the one above",
    "took_over: where without `past.valid_to <= viewer.today`": (
        "nobody is in two sections of a subject at once: the one of today is taught by the viewer"
    ),
    "reach: `rule is None or not scopes` always false": (
        "without scopes no condition of the rule is taken"
    ),
    "is_protected: or_ without `role.in_(named)`": (
        "both roles hold protected rights until a school takes them away; "
        "`tests/access/test_second_person.py` does"
    ),
}
"""Mutants that show no row to anybody else, by parts of their names, and the reasons."""


async def judge(sql: AsyncConnection, mutant: Mutant) -> str:
    """Return `caught`, `survived`, or `broken` if no statement can be made of the mutant."""
    try:
        with mutant.switch(), warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # about joins without a condition
            for question in mutant.asked:
                if await question.list_differences(sql) or question.leaves_the_school():
                    return "caught"
    except DBAPIError:  # PostgreSQL refuses it
        return "caught"
    except (AttributeError, TypeError, SQLAlchemyError):
        return "broken"
    return "survived"


async def find_survivors(sql: AsyncConnection, mutants: Iterable[Mutant]) -> list[str]:
    """Return the mutants that nobody noticed, without those that are equivalent to the rule."""
    found = []
    for mutant in mutants:
        told = await judge(sql, mutant)
        if told != "caught" and not any(name in str(mutant) for name in EQUIVALENT):
            found.append(f"{told}: {mutant}")
    return found
