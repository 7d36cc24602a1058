"""Enrolments."""

import strawberry

from gql.bridge import mutation
from resolvers.structure import enrolments


@strawberry.type
class Mutation:
    enrol_student = mutation(enrolments.enrol_student)
