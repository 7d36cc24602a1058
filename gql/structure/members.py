"""Members of sections."""

import strawberry

from gql.bridge import mutation
from resolvers.structure import members


@strawberry.type
class Mutation:
    set_section_members = mutation(members.set_section_members)
