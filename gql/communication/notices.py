"""The noticeboard."""

from datetime import datetime

import strawberry

from auth.rights import Right
from gql.answers import Node
from gql.bridge import can, computed, guarded, keyed, listing, many, mutation, node, one, via
from models.communication import notices as rows
from models.files.files import File
from models.people.persons import Person
from resolvers.communication import notices, receipts
from resolvers.files import files


@node(rows.Notice)
class Notice(Node):
    title: str
    body: str
    visible_from: datetime
    visible_until: datetime | None
    is_pinned: bool
    requires_acknowledgement: bool
    edited_at: datetime | None
    withdrawn_at: datetime | None
    version: int
    author_name = via(rows.Notice.author_id, Person.full_name)
    author = one(rows.Notice.author_id)
    targets = many(
        rows.NoticeTarget.notice_id,
        description="The audience. Someone who was named sees their own name, the author sees all.",
    )
    attachments = many(
        rows.NoticeAttachment.notice_id,
        order=(rows.NoticeAttachment.position,),
        description="Files that belong to it.",
    )
    versions = many(
        rows.NoticeVersion.notice_id,
        order=(rows.NoticeVersion.replaced_at,),
        description="Its texts before each edit, in order of time, for its author and those who "
        "oversee the noticeboard.",
    )
    is_read: bool = computed(receipts.is_read)
    acknowledged_at: datetime | None = computed(receipts.acknowledged_at)
    read_count: int | None = guarded(Right.NOTICES_PUBLISH, computed(receipts.read_count))
    acknowledged_count: int | None = guarded(
        Right.NOTICES_PUBLISH, computed(receipts.acknowledged_count)
    )
    viewer_can = can(edit=Right.NOTICES_PUBLISH, withdraw=Right.NOTICES_PUBLISH)


@node(rows.NoticeTarget)
class NoticeTarget(Node):
    kind: rows.TargetKind
    grade_level: int | None
    to_students: bool
    to_guardians: bool
    to_staff: bool
    school_class = one(rows.NoticeTarget.school_class_id)
    section = one(rows.NoticeTarget.section_id)
    person = one(rows.NoticeTarget.person_id)


@node(rows.NoticeVersion)
class NoticeVersion(Node):
    title: str
    body: str
    replaced_at: datetime
    editor_name = via(rows.NoticeVersion.editor_id, Person.full_name)
    editor = one(rows.NoticeVersion.editor_id)


@node(rows.NoticeReceipt)
class NoticeReceipt(Node):
    read_at: datetime
    acknowledged_at: datetime | None
    person_name = via(rows.NoticeReceipt.person_id, Person.full_name)
    person = one(rows.NoticeReceipt.person_id)
    notice = one(rows.NoticeReceipt.notice_id)


@node(rows.NoticeAttachment)
class NoticeAttachment(Node):
    position: int
    file_name = via(rows.NoticeAttachment.file_id, File.name)
    media_type = via(rows.NoticeAttachment.file_id, File.media_type)
    size = via(rows.NoticeAttachment.file_id, File.size)
    url = keyed(files.download_url, "id")
    file = one(
        rows.NoticeAttachment.file_id,
        description="The file itself; only the person who uploaded it sees it here.",
    )


@strawberry.type
class Query:
    notices = listing(notices.find_notices, notices.ORDERS)
    notice_receipts = listing(receipts.find_notice_receipts, receipts.ORDERS)


@strawberry.type
class Mutation:
    publish_notice = mutation(notices.publish_notice)
    edit_notice = mutation(notices.edit_notice)
    withdraw_notice = mutation(notices.withdraw_notice)
    mark_notice_read = mutation(receipts.mark_notice_read)
    acknowledge_notice = mutation(receipts.acknowledge_notice)
