"""Signing in and out."""

import strawberry

from gql.bridge import mutation
from resolvers.access import linking, own_password, sessions


@strawberry.type
class Mutation:
    sign_in = mutation(sessions.sign_in)
    refresh_session = mutation(sessions.refresh_session)
    sign_out = mutation(sessions.sign_out)
    switch_context = mutation(sessions.switch_context)
    change_password = mutation(own_password.change_password)
    link_account = mutation(linking.link_account)
