"""Accounts."""

from datetime import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, computed, guarded, listing, mutation, node, one, via
from models.access import accounts as rows
from models.people.persons import Person
from resolvers.access import accounts


@node(rows.Account)
class Account(Node):
    login: str = computed(accounts.login)
    full_name = via(rows.Account.person_id, Person.full_name)
    status: rows.AccountStatus
    status_reason: str | None = guarded(Right.AUDIT_READ)
    last_signed_in_at: datetime | None
    version: int
    person = one(rows.Account.person_id)
    viewer_can = can(lock=Right.ACCOUNTS_WRITE, reset_password=Right.PASSWORDS_RESET)


@strawberry.type
class Query:
    accounts = listing(accounts.find_accounts, accounts.ORDERS)


@strawberry.type
class Mutation:
    create_account = mutation(accounts.create_account)
    reset_password = mutation(accounts.reset_password)
    lock_account = mutation(accounts.lock_account)
