"""The viewer."""

import strawberry

from gql.bridge import field, node, query
from models.access.roles import Role
from models.people.persons import Person
from models.people.students import Student
from models.school.schools import School
from resolvers.access import viewer as reports
from resolvers.access.own_sessions import ViewerSession


@node(reports.ViewerContext)
class ViewerContext:
    role: Role
    school_name: str
    is_current: bool
    school_id = field(reports.school_id_of_context)
    role_grant_id = field(reports.grant_of_context)


@node(reports.ViewerSchool)
class ViewerSchool:
    id = field(reports.id_of_school)
    name: str
    time_zone: str


@node(reports.ViewerChild)
class ViewerChild:
    id = field(reports.id_of_child)
    full_name: str
    class_name: str | None
    school = field(reports.school_of_child)


@node(reports.Viewer)
class Viewer:
    role: Role
    full_name: str
    short_name: str
    person: Person | None
    school: School | None
    student: Student | None
    rights: list[str]
    contexts: list[reports.ViewerContext]
    children: list[reports.ViewerChild]
    sessions: list[ViewerSession]


@strawberry.type
class Query:
    viewer = query(reports.find_viewer)
