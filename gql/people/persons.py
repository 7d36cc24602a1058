"""Persons, with the fields that all may see."""

from gql.answers import Node
from gql.bridge import node
from models.people import persons as rows


@node(rows.Person)
class PublicPerson(Node):
    full_name: str
    short_name: str
