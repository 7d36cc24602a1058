"""Rules for notices."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy.orm import aliased

from auth.actor import Column, Keys, Viewer
from auth.policy import (
    CLASS,
    SCHOOL,
    SECTION,
    SELF,
    Reach,
    allowed,
    certain,
    readable,
    said_once,
    through,
)
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led, classes_of, sections_led, sections_today
from auth.relationships.students import own
from auth.relationships.teaching import sections_taught
from auth.rights import Right
from models.communication.notices import (
    Notice,
    NoticeAttachment,
    NoticeReceipt,
    NoticeTarget,
    NoticeVersion,
    TargetKind,
)
from models.school.schools import School
from models.structure.classes import SchoolClass
from models.structure.sections import Section

# -- the noticeboard ------------------------------------------------------------------


@said_once
def addressed(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice is meant for the viewer as they are today: a child who joins 7Б tomorrow
    sees the notice of yesterday that still stands (domain.md DD12)."""
    target = aliased(NoticeTarget)

    def covering(
        classes: Keys, sections: Keys, someone: ColumnElement[bool]
    ) -> ColumnElement[bool]:
        grades = viewer.keys(SchoolClass.grade_level, SchoolClass.id.in_(classes))
        return or_(
            and_(target.kind == TargetKind.SCHOOL, someone),
            target.grade_level.in_(grades),
            target.school_class_id.in_(classes),
            target.section_id.in_(sections),
        )

    def of(students: Keys) -> ColumnElement[bool]:
        now = sections_today(viewer, students)
        return covering(classes_of(viewer, students), now, exists(students))

    taught = viewer.keys(
        Section.school_class_id,
        Section.id.in_(sections_taught(viewer)),
        Section.school_class_id.is_not(None),
    )
    at_work = union_all(
        taught, viewer.keys(SchoolClass.id, SchoolClass.id.in_(classes_led(viewer)))
    )
    staff = covering(at_work, sections_taught(viewer), viewer.staff_id > 0)
    to = {
        "student": and_(target.to_students, of(own(viewer))),
        "guardian": and_(target.to_guardians, of(children_of(viewer))),
        "staff": and_(target.to_staff, staff),
    }
    # A value of one notice: EXISTS would be answered by gathering the targets of all notices.
    meant = select(true()).where(
        target.school_id == viewer.school_id,
        target.notice_id == notice.id,
        or_(
            target.person_id == viewer.person_id,
            *(rule for part, rule in to.items() if part in viewer.parts),
        ),
    )
    found = meant.limit(1).correlate(notice).scalar_subquery()
    return func.coalesce(found, false())


def in_time(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether it is a notice's time to be seen."""
    lasts = or_(notice.visible_until.is_(None), notice.visible_until > viewer.now)
    return and_(notice.visible_from <= viewer.now, lasts)


def stands(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice hangs on the board now."""
    return and_(notice.withdrawn_at.is_(None), in_time(viewer, notice))


def told(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice hangs on the board now and is meant for the viewer."""
    return and_(stands(viewer, notice), addressed(viewer, notice))


def was_addressed(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """The persons to tell that a notice was taken down: all who saw it until then."""
    mine = notice.author_id == viewer.person_id
    return or_(mine, and_(in_time(viewer, notice), addressed(viewer, notice)))


def authored(viewer: Viewer) -> Any:
    return viewer.keys(Notice.id, Notice.author_id == viewer.person_id)


@readable(Notice, Right.NOTICES_READ)
def read_notices(viewer: Viewer, notice: type[Notice]) -> Reach:
    """What is addressed to one, while it stands; what one wrote; the administration: all."""
    mine = notice.author_id == viewer.person_id
    return {SELF: or_(mine, told(viewer, notice)), SCHOOL: true()}


@allowed(Notice, Right.NOTICES_PUBLISH)
def edit_notices(viewer: Viewer, notice: type[Notice]) -> Reach:
    """One's own, as long as one may publish to all whom it is for: a former class teacher no longer
    writes to the class (domain.md c.3.1). Others' too for those who oversee the board: who publish
    to the whole school and read all that is published in it."""
    mine = and_(notice.author_id == viewer.person_id, reaches_audience(viewer, notice, notice.id))
    oversees = SCHOOL in viewer.scopes(Right.NOTICES_READ)
    return {SECTION: mine, CLASS: mine, SCHOOL: true() if oversees else mine}


def reaches_audience(viewer: Viewer, entity: Any, notice_id: Column) -> ColumnElement[bool]:
    """Whether the viewer may publish today to each target of the notice that a row refers to."""
    target = aliased(NoticeTarget)
    beyond = select(target.id).where(
        target.school_id == viewer.school_id,
        target.notice_id == notice_id,
        ~publishes_to(viewer, target),
    )
    return ~exists(beyond.correlate(entity))


def publishes_to(viewer: Viewer, target: type[NoticeTarget]) -> ColumnElement[bool]:
    """Whether the viewer may publish to a target today. Families need a right of their own."""

    def reached(right: Right, scopes: Reach) -> ColumnElement[bool]:
        held = viewer.scopes(right)
        return or_(false(), *(condition for scope, condition in scopes.items() if scope in held))

    classes = target.school_class_id.in_(classes_led(viewer))
    places = {
        SECTION: and_(target.section_id.in_(sections_taught(viewer)), ~target.to_staff),
        CLASS: and_(or_(classes, target.section_id.in_(sections_led(viewer))), ~target.to_staff),
        SCHOOL: true(),
    }
    staff_only = and_(
        target.kind != TargetKind.PERSON,
        target.to_students.is_(False),
        target.to_guardians.is_(False),
    )
    families = or_(staff_only, reached(Right.NOTICES_ADDRESS_FAMILIES, places))
    place = reached(Right.NOTICES_PUBLISH, places)
    return func.coalesce(and_(place, families), false())


@allowed(School, Right.NOTICES_ADDRESS_FAMILIES)
def address_families(viewer: Viewer, school: type[School]) -> Reach:
    """All families of the school, and single persons."""
    return {SCHOOL: true()}


@allowed(SchoolClass, Right.NOTICES_PUBLISH)
@allowed(SchoolClass, Right.NOTICES_ADDRESS_FAMILIES)
def publish_to_classes(viewer: Viewer, school_class: type[SchoolClass]) -> Reach:
    """Classes one leads, or all. Teaching in a class is not leading it (domain.md CT8)."""
    return {CLASS: school_class.id.in_(classes_led(viewer)), SCHOOL: true()}


@allowed(Section, Right.NOTICES_PUBLISH)
@allowed(Section, Right.NOTICES_ADDRESS_FAMILIES)
def publish_to_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """Sections one teaches, those of the classes one leads, or all."""
    return {
        SECTION: section.id.in_(sections_taught(viewer)),
        CLASS: section.school_class_id.in_(classes_led(viewer)),
        SCHOOL: true(),
    }


@readable(NoticeTarget, Right.NOTICES_READ)
def read_targets(viewer: Viewer, target: type[NoticeTarget]) -> Reach:
    """As the notice; but who else was named in person is the author's business, and the
    administration's: it may tell something of them (domain.md PS3)."""
    reach = through(viewer, target, target.notice_id, Notice, read_notices)
    told = or_(
        target.kind != TargetKind.PERSON,
        target.person_id == viewer.person_id,
        target.notice_id.in_(authored(viewer)),
    )
    return {**reach, SELF: and_(reach[SELF], told)}


@readable(NoticeVersion, Right.NOTICES_READ)
def read_versions(viewer: Viewer, version: type[NoticeVersion]) -> Reach:
    """Of one's own notices, or all. Its readers see that a notice was edited, but not what had to
    be taken out of it."""
    return {SELF: version.notice_id.in_(authored(viewer)), SCHOOL: true()}


@readable(NoticeAttachment, Right.NOTICES_READ)
def read_notice_attachments(viewer: Viewer, attachment: type[NoticeAttachment]) -> Reach:
    """As the notice."""
    return through(viewer, attachment, attachment.notice_id, Notice, read_notices)


certain(NoticeAttachment.notice_id, Notice)


@readable(NoticeReceipt, Right.NOTICES_READ)
def read_receipts(viewer: Viewer, receipt: type[NoticeReceipt]) -> Reach:
    """One's own, those of one's own notices while one may publish to their audience, or all."""
    written = receipt.notice_id.in_(authored(viewer))
    of_mine = and_(written, reaches_audience(viewer, receipt, receipt.notice_id))
    mine = or_(receipt.person_id == viewer.person_id, of_mine)
    return {SELF: mine, SCHOOL: true()}
