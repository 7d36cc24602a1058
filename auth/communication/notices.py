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
    build_once,
    declare_certain,
    permits,
    reach_through,
    readable,
)
from auth.relationships.children import children_of
from auth.relationships.classes import classes_led, classes_of, sections_led, sections_today
from auth.relationships.students import select_own
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


@build_once
def is_addressed(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice is addressed to the viewer by their classes and sections of today: a child
    who joins 7Б tomorrow sees yesterday's notice to 7Б then (domain.md DD12)."""
    target = aliased(NoticeTarget)

    def cover(classes: Keys, sections: Keys, someone: ColumnElement[bool]) -> ColumnElement[bool]:
        grades = viewer.keys(SchoolClass.grade_level, SchoolClass.id.in_(classes))
        return or_(
            and_(target.kind == TargetKind.SCHOOL, someone),
            target.grade_level.in_(grades),
            target.school_class_id.in_(classes),
            target.section_id.in_(sections),
        )

    def cover_students(students: Keys) -> ColumnElement[bool]:
        now = sections_today(viewer, students)
        return cover(classes_of(viewer, students), now, exists(students))

    taught = viewer.keys(
        Section.school_class_id,
        Section.id.in_(sections_taught(viewer)),
        Section.school_class_id.is_not(None),
    )
    at_work = union_all(
        taught, viewer.keys(SchoolClass.id, SchoolClass.id.in_(classes_led(viewer)))
    )
    staff = cover(at_work, sections_taught(viewer), viewer.staff_id > 0)
    to = {
        "student": and_(target.to_students, cover_students(select_own(viewer))),
        "guardian": and_(target.to_guardians, cover_students(children_of(viewer))),
        "staff": and_(target.to_staff, staff),
    }
    # A scalar subquery: for EXISTS PostgreSQL would hash the targets of all notices.
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


def is_in_time(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether now is in the time in which a notice is visible."""
    lasts = or_(notice.visible_until.is_(None), notice.visible_until > viewer.now)
    return and_(notice.visible_from <= viewer.now, lasts)


def stands(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice stands on the board now."""
    return and_(notice.withdrawn_at.is_(None), is_in_time(viewer, notice))


def is_shown(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether a notice stands on the board now and is addressed to the viewer."""
    return and_(stands(viewer, notice), is_addressed(viewer, notice))


def saw_notice(viewer: Viewer, notice: type[Notice]) -> ColumnElement[bool]:
    """Whether the viewer saw a notice until it was taken down, and so must hear of that."""
    mine = notice.author_id == viewer.person_id
    return or_(mine, and_(is_in_time(viewer, notice), is_addressed(viewer, notice)))


def select_written(viewer: Viewer) -> Any:
    return viewer.keys(Notice.id, Notice.author_id == viewer.person_id)


@readable(Notice, Right.NOTICES_READ)
def read_notices(viewer: Viewer, notice: type[Notice]) -> Reach:
    """People read notices that are addressed to them, while they stand, and those they wrote."""
    mine = notice.author_id == viewer.person_id
    return {SELF: or_(mine, is_shown(viewer, notice)), SCHOOL: true()}


@permits(Notice, Right.NOTICES_PUBLISH)
def edit_notices(viewer: Viewer, notice: type[Notice]) -> Reach:
    """Authors edit a notice as long as they may publish to its whole audience: a former class
    teacher no longer writes to the class (domain.md c.3.1). Those who publish to the whole school
    and read all its notices also edit the notices of others."""
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
    """Whether the viewer may publish to a target today. To address families takes a second
    right."""

    def is_reached(right: Right, scopes: Reach) -> ColumnElement[bool]:
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
    families = or_(staff_only, is_reached(Right.NOTICES_ADDRESS_FAMILIES, places))
    place = is_reached(Right.NOTICES_PUBLISH, places)
    return func.coalesce(and_(place, families), false())


@permits(School, Right.NOTICES_ADDRESS_FAMILIES)
def address_families(viewer: Viewer, school: type[School]) -> Reach:
    """The right for the whole school reaches all families and single persons."""
    return {SCHOOL: true()}


@permits(SchoolClass, Right.NOTICES_PUBLISH)
@permits(SchoolClass, Right.NOTICES_ADDRESS_FAMILIES)
def publish_to_classes(viewer: Viewer, school_class: type[SchoolClass]) -> Reach:
    """Class teachers publish to the classes they lead, not to those they only teach (domain.md
    CT8)."""
    return {CLASS: school_class.id.in_(classes_led(viewer)), SCHOOL: true()}


@permits(Section, Right.NOTICES_PUBLISH)
@permits(Section, Right.NOTICES_ADDRESS_FAMILIES)
def publish_to_sections(viewer: Viewer, section: type[Section]) -> Reach:
    """Teachers publish to the sections they teach, class teachers to those of their classes."""
    return {
        SECTION: section.id.in_(sections_taught(viewer)),
        CLASS: section.school_class_id.in_(classes_led(viewer)),
        SCHOOL: true(),
    }


@readable(NoticeTarget, Right.NOTICES_READ)
def read_targets(viewer: Viewer, target: type[NoticeTarget]) -> Reach:
    """A target is read like its notice. Only the author and the administration see the persons that
    a notice names, because that may tell something about them (domain.md PS3)."""
    reach = reach_through(viewer, target, target.notice_id, Notice, read_notices)
    told = or_(
        target.kind != TargetKind.PERSON,
        target.person_id == viewer.person_id,
        target.notice_id.in_(select_written(viewer)),
    )
    return {**reach, SELF: and_(reach[SELF], told)}


@readable(NoticeVersion, Right.NOTICES_READ)
def read_versions(viewer: Viewer, version: type[NoticeVersion]) -> Reach:
    """Authors read the versions of their notices. Other readers see that a notice was edited, and
    not the text that was removed."""
    return {SELF: version.notice_id.in_(select_written(viewer)), SCHOOL: true()}


@readable(NoticeAttachment, Right.NOTICES_READ)
def read_notice_attachments(viewer: Viewer, attachment: type[NoticeAttachment]) -> Reach:
    """An attachment is read like its notice."""
    return reach_through(viewer, attachment, attachment.notice_id, Notice, read_notices)


declare_certain(NoticeAttachment.notice_id, Notice)


@readable(NoticeReceipt, Right.NOTICES_READ)
def read_receipts(viewer: Viewer, receipt: type[NoticeReceipt]) -> Reach:
    """People read their own receipts, and authors those of their notices while they may publish to
    the audience."""
    written = receipt.notice_id.in_(select_written(viewer))
    of_mine = and_(written, reaches_audience(viewer, receipt, receipt.notice_id))
    mine = or_(receipt.person_id == viewer.person_id, of_mine)
    return {SELF: mine, SCHOOL: true()}
