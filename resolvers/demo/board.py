"""The noticeboard of a demo school: every kind of audience and every state of a notice."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from models.access.roles import Role
from models.communication.notices import (
    Notice,
    NoticeReceipt,
    NoticeTarget,
    NoticeVersion,
    TargetKind,
)
from resolvers.demo.audience import Audience
from resolvers.demo.cast import CLASS, LEADER
from resolvers.demo.ground import Site
from resolvers.demo.names import Human
from resolvers.demo.roster import Klass

KINDS = {"class": "SCHOOL_CLASS", "section": "SECTION", "person": "PERSON"}
READ, ACKNOWLEDGED = 0.6, 0.7
"""Shares of the audience."""


@dataclass(frozen=True)
class Draft:
    """The text of a notice. Days count back from today; negative ones are in the future.

    by: A role of the office, or a login.
    to: `school`, `grade 9`, `class 7А`, `section <name>` or `person <login>`.
    whom: Letters of the addressees: s students, g guardians, t staff.
    """

    by: Role | str
    to: str
    whom: str
    title: str
    body: str
    since: int
    until: int | None = None
    pinned: bool = False
    must_confirm: bool = False
    before_edit: str | None = None
    withdrawn: int | None = None


DRAFTS = (
    Draft(Role.DIRECTOR, "school", "sgt", "Режим работы школы",
          "Вход в школу открыт с 7:30. Уроки первой смены начинаются в 8:00, второй — в 14:00.\n"
          "Пожалуйста, не опаздывайте.", 20, pinned=True, must_confirm=True,
          before_edit="Вход в школу открыт с 7:40. Уроки начинаются в 8:00."),
    Draft(Role.DEPUTY_DIRECTOR, "grade 9", "sg", "Собрание выпускников 9 классов",
          "В четверг в 18:00 в актовом зале: порядок итоговой аттестации, сроки подачи заявлений.",
          6, must_confirm=True),
    Draft(LEADER, f"class {CLASS}", "sg", "Экскурсия в краеведческий музей",
          "Едем в субботу, сбор у школы в 9:00. С собой перекус и сменная обувь.", 4,
          must_confirm=True),
    Draft("teacher.gusev", f"section {CLASS} Английский язык, группа 2", "sg",
          "Контрольная по Present Perfect", "В пятницу. Повторите Unit 3 и неправильные глаголы.",
          2),
    Draft(Role.SECRETARY, "person parent.ivanova", "", "Документы для личного дела",
          "Принесите, пожалуйста, копию полиса Марии в приёмную.", 3),
    Draft(Role.DIRECTOR, "school", "t", "Педагогический совет",
          "В среду в 15:00, кабинет 101. Повестка: итоги четверти, <b>адаптация</b> 5 классов.", 5),
    Draft(Role.PSYCHOLOGIST, "school", "sg", "Неделя психологии",
          "Открытые занятия для всех классов и консультации для родителей по записи.", 8),
    Draft(Role.DIRECTOR, "school", "sg", "Вакцинация от гриппа",
          "Прививочный кабинет работает до пятницы, нужно согласие родителей.", 40, until=20),
    Draft(Role.DEPUTY_DIRECTOR, "grade 7", "sg", "Замена уроков в 7 классах",
          "Завтра уроков физики не будет.", 9, withdrawn=8),
    Draft(Role.DIRECTOR, "school", "sgt", "Школьная ярмарка",
          "Приглашаем всех! Подробности и схема мест будут здесь.", -3),
)  # fmt: skip


class Board:
    """The writer of notices, their targets, earlier texts and receipts."""

    def __init__(
        self, site: Site, office: dict[Role, Human], classes: list[Klass], audience: Audience
    ) -> None:
        self._site, self._office, self._audience = site, office, audience
        self._rng = site.rng("board")
        self._classes = {klass.name: klass.id for klass in classes}
        self._sections = {s.name: s for klass in classes for s in klass.sections}

    def write(self) -> None:
        for draft in DRAFTS:
            author = self._author(draft.by)
            target = self._target(draft.to)
            if author and target is not None:
                self._notice(draft, author, target)

    def _author(self, by: Role | str) -> Human | None:
        if isinstance(by, str):
            return self._audience.find_login(by)
        return self._office.get(by)

    def _target(self, to: str) -> dict[str, Any] | None:
        """Return the columns of the target; None if the school has no such class or person."""
        kind, _, name = to.partition(" ")
        if kind == "school":
            return {"kind": TargetKind.SCHOOL}
        if kind == "grade":
            there = any(klass[:-1] == name for klass in self._classes)
            return {"kind": TargetKind.GRADE_LEVEL, "grade_level": int(name)} if there else None
        if kind == "class":
            key, found = "school_class_id", self._classes.get(name)
        elif kind == "section":
            section = self._sections.get(name)
            key, found = "section_id", section.id if section else None
        else:
            person = self._audience.find_login(name)
            key, found = "person_id", person.id if person else None
        return {"kind": TargetKind[KINDS[kind]], key: found} if found else None

    def _notice(self, draft: Draft, author: Human, target: dict[str, Any]) -> None:
        ledger, before = self._site.ledger, self._site.days_before
        since = before(draft.since, 9)
        edited_at = since + timedelta(hours=5) if draft.before_edit else None
        notice = ledger[Notice].put(
            version=1 + bool(edited_at) + (draft.withdrawn is not None),
            author_id=author.id,
            title=draft.title,
            body=draft.body,
            visible_from=since,
            visible_until=None if draft.until is None else before(draft.until, 18),
            is_pinned=draft.pinned,
            requires_acknowledgement=draft.must_confirm,
            edited_at=edited_at,
            withdrawn_at=None if draft.withdrawn is None else before(draft.withdrawn, 10),
        )
        ledger[NoticeTarget].put(
            notice_id=notice,
            to_students="s" in draft.whom,
            to_guardians="g" in draft.whom,
            to_staff="t" in draft.whom,
            **target,
        )
        if draft.before_edit:
            ledger[NoticeVersion].put(
                notice_id=notice,
                editor_id=author.id,
                title=draft.title,
                body=draft.before_edit,
                replaced_at=edited_at,
            )
        self._receipts(notice, draft)

    def _receipts(self, notice: int, draft: Draft) -> None:
        """Write receipts: some people have read the notice by yesterday evening, and some of them
        have confirmed it. A future or withdrawn notice has none."""
        if draft.since < 2 or draft.withdrawn is not None:
            return
        for human in self._readers(draft):
            if self._rng.random() < READ:
                at = self._site.days_before(draft.since - 1, 12, self._rng.randrange(60))
                confirmed = draft.must_confirm and self._rng.random() < ACKNOWLEDGED
                self._site.ledger[NoticeReceipt].put(
                    notice_id=notice,
                    person_id=human.id,
                    read_at=at,
                    acknowledged_at=at + timedelta(minutes=2) if confirmed else None,
                )

    def _readers(self, draft: Draft) -> list[Human]:
        kind, _, name = draft.to.partition(" ")
        if kind in ("person", "section"):
            person = self._audience.find_login(name)
            members = self._sections[name].members if kind == "section" else []
            return [person] if person else [pupil.human for pupil, *_ in members]
        readers = self._audience.students(name) if "s" in draft.whom else []
        readers += self._audience.guardians(name) if "g" in draft.whom else []
        # A teacher whose child is here is addressed twice and reads it once.
        return list(dict.fromkeys(readers + (self._audience.staff if "t" in draft.whom else [])))
