"""Documents and people that tests of the noticeboard share."""

from typing import Any

from models.access.roles import Role
from tests.conftest import Api

LIST = """query ($unread: Boolean! = false, $hidden: Boolean! = false, $search: String) {
  notices(first: 100, unreadOnly: $unread, includeHidden: $hidden, search: $search) {
    nodes { id title body isPinned isRead version } totalCount } }"""
ONE = """query ($id: ID!) { node(id: $id) { ... on Notice {
  title body authorName author { fullName } editedAt withdrawnAt isRead acknowledgedAt
  targets { kind toStudents toGuardians schoolClass { name } person { fullName } }
  versions { title body editorName replacedAt } attachments { id fileName mediaType size position }
  viewerCan { edit withdraw } } } }"""
PUBLISH = """mutation ($input: PublishNoticeInput!) { publishNotice(input: $input) {
  notice { id title body version visibleFrom attachments { fileName position } }
  userErrors { code field most } } }"""
TRIP = {"title": "Поездка в театр", "body": "В субботу в 12:00, <b>сбор</b> у входа.\nБерите сок."}
MOTHER, HEAD, DEPUTY = "parent.ivanova", "director", "zavuch"
TEACHER = ("teacher.belova", Role.CLASS_TEACHER)


def for_class(school_class: str, **more: Any) -> dict[str, Any]:
    both = {"toStudents": True, "toGuardians": True}
    return {"kind": "SCHOOL_CLASS", "schoolClassId": school_class, **both, **more}


async def publish(who: Api, *targets: dict[str, Any], **more: Any) -> Any:
    given = {**TRIP, "targets": list(targets), **more}
    return (await who(PUBLISH, input=given))["publishNotice"]["notice"]


async def titles(who: Api, **how: Any) -> list[str]:
    return [notice["title"] for notice in (await who(LIST, **how))["notices"]["nodes"]]
