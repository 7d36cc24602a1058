"""Taking up people: the card that a student, a guardian and a teacher have alike."""

from typing import Any

from models.people.persons import Person
from resolvers.context import Ctx


async def new_person(ctx: Ctx, **card: Any) -> Person:
    """Someone the school does not know yet, with a key for what is to refer to them.

    card: The columns of a Person.
    """
    person = Person(**card)
    ctx.session.add(person)
    await ctx.session.flush()
    return person
