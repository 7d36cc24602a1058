"""Substitution."""

import strawberry

from gql.bridge import mutation
from resolvers.timetable import substitution


@strawberry.type
class Mutation:
    assign_substitution = mutation(substitution.assign_substitution)
