"""Explanations of access: why someone sees a row or a field, or does not, by the rules
themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, cast, inspect, literal, select
from sqlalchemy.orm import aliased

from auth.actor import Actor, Viewer
from auth.policy import correspondence, is_open, is_visible, reach, reading, visible
from auth.rights import Right
from models.access.accounts import Account
from models.access.roles import AccessScope, Role, RoleRight
from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.access.explained import describe_role, summarise
from resolvers.core.context import Ctx
from resolvers.core.identify import actors_of
from resolvers.core.loading import build_joins
from resolvers.core.reads import reads
from resolvers.core.shapes import NEEDS, NOTHING, SHAPES, Guarded, Many, One, Wanted


@dataclass(frozen=True)
class HeldRight:
    """A right as one role holds it.

    permission: The right.
    scopes: How far it reaches; empty without it.
    """

    permission: str
    scopes: list[AccessScope]


@dataclass(frozen=True)
class AccessInRole:
    """Whether an account sees something in one of its roles.

    role: The role.
    rights: The rights it takes, as the role holds them.
    reached: Indicates whether they reach this row; null where that is not told.
    text: The same in words.
    """

    role: Role
    rights: list[HeldRight]
    reached: bool | None
    text: str


@dataclass(frozen=True)
class AccessExplanation:
    """Why an account sees something, or does not (объяснение доступа).

    allowed: Indicates whether it is seen in at least one of the account's roles; null where that
        is not told: for a row that the viewer may not read or that does not exist, and for
        letters.
    permissions: The rights it takes, all of them.
    roles: The account's roles in this school now; none while it is locked.
    text: The same in words.
    """

    allowed: bool | None
    permissions: list[str]
    roles: list[AccessInRole]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """The row, or the field of a row, that is asked about.

    name: The field's name in Python; None for the row itself.
    """

    id: Id[OfSchool]
    name: str | None

    @property
    def needed(self) -> list[Right]:
        needed = [reading.get(self.id.row), NEEDS.get((self.id.row, self.name or ""))]
        return list(dict.fromkeys(right for right in needed if right))

    @property
    def shape(self) -> Any:
        return SHAPES[self.id.row].get(self.name or "")

    async def is_told(self, ctx: Ctx) -> bool:
        """Whether the viewer may learn who reaches the row or the field. They may not for a row
        that they do not read themselves, nor for a field that leads to rows hidden from them,
        because the answer would tell that those exist. They never may for letters."""
        far = self.shape.target if isinstance(self.shape, One | Many) else self.id.row
        if correspondence & {self.id.row, far} or await ctx.find(self.id) is None:
            return False
        if isinstance(self.shape, Many):
            return is_single(self.shape) or is_open(ctx.viewer, far)
        return not isinstance(self.shape, One) or bool(await ctx.lines(self.select_one(ctx.viewer)))

    def selects(self, viewer: Viewer) -> Iterator[Select[Any]]:
        """Yield the queries that must all find a row for the answer to be yes."""
        row, key, shape = self.id.row, self.id.key, self.shape
        right = NEEDS.get((row, self.name or ""))
        found = select(row.id).where(row.id == key, is_visible(viewer, row))
        if isinstance(shape, One):
            yield self.select_one(viewer)
        elif isinstance(shape, Many) and is_single(shape):
            yield select(literal(1)).where(is_visible(viewer, suppose_row(shape, self.id)))
        elif isinstance(shape, Many):
            rows = shape.query(viewer, {}).where(shape.reference == key).limit(1)
            yield rows.with_only_columns(shape.target.id, maintain_column_froms=True)
        elif right and (shape is None or isinstance(shape, Guarded)):
            found = found.where(reach(viewer, row, right))
        yield found

    def select_one(self, viewer: Viewer) -> Select[Any]:
        """Select the row at the end of the references of a `One`, as the viewer reads it."""
        near: Any = aliased(self.id.row)
        joins = build_joins(viewer, near, Wanted(ones=((self.shape.path, NOTHING),)))
        [far] = joins.shown
        here = (near.school_id == viewer.school_id, near.id == self.id.key)
        query = joins.add_to(select(near.id)).with_only_columns(near.id)
        return query.where(*here, far.id.is_not(None))


def is_single(shape: Many) -> bool:
    """Whether at most one row refers, and directly, as a student's health, identity and
    contacts."""
    return shape.single and shape.to is None and shape.where is None


def suppose_row(shape: Many, id: Id[OfSchool]) -> Any:
    """Make a row that would refer to this one and of which only the reference is known. A rule
    applied to it gives the same whether or not there is such a row, so nothing is given away."""
    known = {"school_id": id.school_id, shape.reference.key: id.key}
    columns = inspect(shape.target).columns
    values = (cast(literal(known.get(c.key), c.type), c.type).label(c.key) for c in columns)
    return aliased(shape.target, select(*values).subquery(), adapt_on_names=True)


@reads(Right.ACCESS_EXPLAIN)
async def explain_access(
    ctx: Ctx, *, account_id: Id[Account], node_id: Id[OfSchool], field: str | None = None
) -> AccessExplanation | None:
    """Explain why someone sees a row or a field of it, or does not: for each of their roles, the
    rights that it takes and whether they reach it. For a row that the viewer may not read only the
    rights are told, exactly as for one that does not exist; for letters never more than that. Null
    for an account that the viewer may not see.

    account_id: The account whose access is explained.
    node_id: The row.
    field: The field's name, e.g. `birthDate`; null for the row itself. For a field that leads to
        one row of another type, e.g. `health`, the answer supposes that there is one.
    """
    await ctx.get(ctx.actor.school, to=Right.ACCESS_EXPLAIN)
    account = await ctx.find(account_id)
    question = Question(node_id, name_of(node_id, field))
    if account is None:
        return None
    is_told = await question.is_told(ctx)
    async with ctx.enter_school(ctx.actor.school_id) as session:
        actors = await actors_of(session, account.school_id, account.id, ctx.actor.now)
    roles = [await explain_role(ctx, actor, question, is_told=is_told) for actor in actors]
    permissions = [right.value for right in question.needed]
    seen_in = [one.role for one in roles if one.reached] if is_told else None
    text = summarise(seen_in, permissions, ctx.caller.language, any_role=bool(roles))
    return AccessExplanation(None if seen_in is None else bool(seen_in), permissions, roles, text)


def name_of(id: Id[OfSchool], field: str | None) -> str | None:
    """Return the field's name in Python. Raises BadUserInput for a row type that is not shown, or a
    field that it does not have."""
    if id.row not in SHAPES:
        raise BadUserInput(field="node_id", expected="id of something that is shown")
    if field is None:
        return None
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", field).lower()
    if name not in SHAPES[id.row]:
        raise BadUserInput(field="field", expected=f"a field of {id.row.api_name()}")
    return name


async def explain_role(
    ctx: Ctx, actor: Actor, question: Question, *, is_told: bool
) -> AccessInRole:
    """Apply the rules as this actor, in the viewer's school. Only the rights are returned unless
    `is_told`."""
    scopes = {right: sorted(actor.viewer.scopes(right), key=order) for right in question.needed}
    rights = [HeldRight(right.value, found) for right, found in scopes.items()]
    reached = True if is_told else None
    for query in question.selects(actor.viewer) if is_told else ():
        # Not through the viewer's `visible`: the rules of the other person are examined.
        reached = reached and bool(await ctx.lines(query, actor))
    held = {right.permission: right.scopes for right in rights}
    text = describe_role(actor.role, held, ctx.caller.language, reached=reached)
    return AccessInRole(actor.role, rights, reached, text)


def order(scope: AccessScope) -> int:
    return list(AccessScope).index(scope)


async def find_granting(ctx: Ctx, explained: AccessExplanation) -> list[RoleRight]:
    """All roles of this school that hold one of these rights, with their scopes."""
    query = visible(ctx.viewer, RoleRight).where(RoleRight.permission.in_(explained.permissions))
    return list(await ctx.rows(query.order_by(RoleRight.permission, RoleRight.id), RoleRight))
