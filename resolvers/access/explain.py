"""Why someone sees something, or does not: the rules themselves are asked, not a copy of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from auth.actor import Actor, Viewer
from auth.policy import reach, reading, seen, visible
from auth.rights import Right
from models.access.accounts import Account
from models.access.roles import AccessScope, Role, RoleRight
from models.base import Id, OfSchool
from models.problems import BadUserInput
from resolvers.access.explained import in_words, summed_up
from resolvers.access.identify import actors_of
from resolvers.context import Ctx
from resolvers.loading import outer
from resolvers.reads import reads
from resolvers.shapes import NEEDS, SHAPES, Guarded, Many, One


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
    reached: Indicates whether they reach this very row.
    text: The same in words.
    """

    role: Role
    rights: list[HeldRight]
    reached: bool
    text: str


@dataclass(frozen=True)
class AccessExplanation:
    """Why an account sees something, or does not (объяснение доступа).

    allowed: Indicates whether it is seen in at least one of the account's roles.
    permissions: The rights it takes, all of them.
    roles: The account's roles in this school now; none while it is locked.
    text: The same in words.
    """

    allowed: bool
    permissions: list[str]
    roles: list[AccessInRole]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A row, and perhaps a field of it.

    name: The field's name in Python; None for the row itself.
    """

    id: Id[OfSchool]
    name: str | None

    @property
    def needed(self) -> list[Right]:
        needed = [reading.get(self.id.row), NEEDS.get((self.id.row, self.name or ""))]
        return list(dict.fromkeys(right for right in needed if right))

    def selects(self, viewer: Viewer) -> Iterator[Select[Any]]:
        """What must all find something for the answer to be yes."""
        row, key = self.id.row, self.id.key
        shape = SHAPES[row].get(self.name or "")
        right = NEEDS.get((row, self.name or ""))
        found = select(row.id).where(row.id == key, seen(viewer, row))
        if isinstance(shape, One):
            near: Any = aliased(row)
            query, far = outer(select(near.id), near, shape.path, viewer)
            here = (near.school_id == viewer.school_id, near.id == key)
            yield query.where(*here, far.id.is_not(None))
        elif isinstance(shape, Many):
            rows = shape.query(viewer, {}).where(shape.reference == key).limit(1)
            yield rows.with_only_columns(shape.target.id, maintain_column_froms=True)
        elif right and (shape is None or isinstance(shape, Guarded)):
            found = found.where(reach(viewer, row, right))
        yield found


@reads(Right.ACCESS_EXPLAIN)
async def explain_access(
    ctx: Ctx, *, account_id: Id[Account], node_id: Id[OfSchool], field: str | None = None
) -> AccessExplanation | None:
    """Why someone sees a row or a field of it, or does not: for each of their roles the rights it
    takes and whether they reach it. A row there is not, and one that is hidden from all their
    roles, look the same. Null for an account that the viewer may not see.

    account_id: Whose access.
    node_id: The row.
    field: The field's name, e.g. `birthDate`; null for the row itself.
    """
    await ctx.get(ctx.actor.school, to=Right.ACCESS_EXPLAIN)
    account = await ctx.find(account_id)
    question = Question(node_id, name_of(node_id, field))
    if account is None:
        return None
    async with ctx.elsewhere(ctx.actor.school_id) as session:
        actors = await actors_of(session, account.school_id, account.id, ctx.actor.now)
    roles = [await in_role(ctx, actor, question) for actor in actors]
    permissions = [right.value for right in question.needed]
    seen_in = [one.role for one in roles if one.reached]
    text = summed_up(seen_in, permissions, ctx.caller.language, any_role=bool(roles))
    return AccessExplanation(bool(seen_in), permissions, roles, text)


def name_of(id: Id[OfSchool], field: str | None) -> str | None:
    """Raises BadUserInput for what is not shown at all, or has no such field."""
    if id.row not in SHAPES:
        raise BadUserInput(field="node_id", expected="id of something that is shown")
    if field is None:
        return None
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", field).lower()
    if name not in SHAPES[id.row]:
        raise BadUserInput(field="field", expected=f"a field of {id.row.api_name()}")
    return name


async def in_role(ctx: Ctx, actor: Actor, question: Question) -> AccessInRole:
    """The rules' own answer, asked as this actor, behind the wall of the asker's school."""
    scopes = {right: sorted(actor.viewer.scopes(right), key=order) for right in question.needed}
    rights = [HeldRight(right.value, found) for right, found in scopes.items()]
    reached = question.id.school_id == actor.school_id
    for query in question.selects(actor.viewer):
        # Not through the asker's `visible`: it is the other's eyes that are looked through.
        reached = reached and bool(await ctx.lines(query, actor))
    held = {right.permission: right.scopes for right in rights}
    text = in_words(actor.role, held, ctx.caller.language, reached=reached)
    return AccessInRole(actor.role, rights, reached, text)


def order(scope: AccessScope) -> int:
    return list(AccessScope).index(scope)


async def granted_by(ctx: Ctx, explained: AccessExplanation) -> list[RoleRight]:
    """All roles of this school that hold one of these rights, and how far."""
    query = visible(ctx.viewer, RoleRight).where(RoleRight.permission.in_(explained.permissions))
    return list(await ctx.rows(query.order_by(RoleRight.permission, RoleRight.id), RoleRight))
