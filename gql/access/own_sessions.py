"""The viewer's own sessions."""

from datetime import datetime

import strawberry

from gql.bridge import field, mutation, node
from models.access.roles import Role
from resolvers.access import own_sessions as reports


@node(reports.ViewerSession)
class ViewerSession:
    id = field(reports.id_of_session)
    role: Role
    school_name: str
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None
    is_current: bool


@strawberry.type
class Mutation:
    end_session = mutation(reports.end_session)
