"""The rows of classes and sections with their teachers and members."""

from collections.abc import Iterator
from datetime import date

from models.structure.classes import ClassKind, ClassMembership, ClassTeacher, SchoolClass
from models.structure.sections import (
    Section,
    SectionMembership,
    TeachingAssignment,
    TeachingRole,
)
from resolvers.demo import roster
from resolvers.demo.ground import Ground, Site
from resolvers.demo.roster import Klass, Teacher


def write_classes(site: Site, ground: Ground, classes: list[Klass]) -> None:
    """Write the classes with their leaders and members."""
    fixed_on = site.day(9, 20)
    for klass in classes:
        leader = klass.leader
        counted = sum(is_in(stay, klass, fixed_on) for p in klass.pupils for stay in p.stays)
        klass.id = site.ledger[SchoolClass].put(
            academic_year_id=ground.year_id,
            grade_level=klass.grade,
            letter=klass.letter,
            profile="Универсальный" if klass.grade >= 10 else None,
            kind=ClassKind.ORDINARY,
            shift=klass.shift,
            reference_count=counted if site.today > fixed_on else None,
            room_id=leader.room.id if leader and leader.room else None,
            term_type_id=ground.term_type(klass.grade),
            holiday_set_id=ground.holiday_sets[1 if klass.grade == 1 else 2],
            bell_schedule_id=ground.bells[klass.shift],
        )
        if leader:
            site.ledger[ClassTeacher].put(
                school_class_id=klass.id,
                staff_id=leader.id,
                is_deputy=False,
                valid_from=site.year.starts_on,
            )
    for klass in classes:
        _write_members(site, klass)
        for section in klass.sections:
            _write_section(site, ground, section)


def is_in(stay: tuple[Klass, date, date | None], klass: Klass, day: date) -> bool:
    in_class, since, until = stay
    return in_class is klass and since <= day and (until is None or until > day)


def _write_members(site: Site, klass: Klass) -> None:
    for pupil in klass.pupils:
        for in_class, since, until in pupil.stays:
            if in_class is klass:
                site.ledger[ClassMembership].put(
                    student_id=pupil.id,
                    school_class_id=klass.id,
                    valid_from=since,
                    valid_to=until,
                )


def _write_section(site: Site, ground: Ground, section: roster.Section) -> None:
    section.id = site.ledger[Section].put(
        academic_year_id=ground.year_id,
        school_class_id=section.klass.id,
        subject_id=ground.subjects[section.subject],
        term_type_id=ground.term_type(section.klass.grade),
        name=section.name,
        is_subgroup=section.group > 0,
        hours_per_week=section.hours,
        scale=section.scale,
    )
    for pupil, since, until in section.members:
        site.ledger[SectionMembership].put(
            section_id=section.id,
            student_id=pupil.id,
            subject_id=ground.subjects[section.subject],
            valid_from=since,
            valid_to=until,
        )
    for teacher, since, until in find_spans(section.teacher, site.year.starts_on):
        site.ledger[TeachingAssignment].put(
            section_id=section.id,
            staff_id=teacher.id,
            role=TeachingRole.MAIN,
            valid_from=since,
            valid_to=until,
        )


def find_spans(teacher: Teacher, since: date) -> Iterator[tuple[Teacher, date, date | None]]:
    """Yield the teachers of the sections this year, with their first day and the day after the
    last one."""
    yield teacher, since, teacher.until
    if teacher.heir and teacher.until:
        yield teacher.heir, teacher.until, None
