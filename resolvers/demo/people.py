"""The rows of a school's people: cards, ties, stays, roles and accounts."""

from datetime import date, time, timedelta
from decimal import Decimal

from models.access.accounts import Account, AccountStatus
from models.access.roles import GrantScope, Role, RoleGrant
from models.people.guardians import Guardian, GuardianLink
from models.people.persons import Person, Sex
from models.people.staff import Staff
from models.people.students import Enrollment, Student, StudentStatus, StudyForm
from resolvers.demo.cast import Employee
from resolvers.demo.credentials import Credentials
from resolvers.demo.families import Adult, Family
from resolvers.demo.ground import Site
from resolvers.demo.names import Human, make_adult, make_human
from resolvers.demo.papers import Papers, make_other_address
from resolvers.demo.roster import Pupil, Teacher

POSITIONS = {
    Role.DIRECTOR: "Директор",
    Role.DEPUTY_DIRECTOR: "Заместитель директора по УВР",
    Role.SCHOOL_ADMINISTRATOR: "Администратор системы",
    Role.SECRETARY: "Секретарь",
    Role.HR_SPECIALIST: "Специалист по кадрам",
    Role.PSYCHOLOGIST: "Педагог-психолог",
    Role.SOCIAL_PEDAGOGUE: "Социальный педагог",
}
FULL_POSITION = 18
"""Hours a week of a teacher's full position."""


class Registry:
    """The writer of people; `office` has the holders of roles outside the classroom."""

    def __init__(self, site: Site) -> None:
        self._site, self._ledger = site, site.ledger
        self._rng, self._papers = site.rng("people"), Papers(site)
        self._numbers = self._files = 0
        self.office: dict[Role, Human] = {}
        self.office_staff: dict[Role, int] = {}
        self.grants: dict[Role, int] = {}
        self.everyone: list[Human] = []

    def person(self, human: Human) -> int:
        """Write the person once, whatever their roles are."""
        if not human.id:
            human.id = self._ledger[Person].put(
                family_name=human.family,
                given_name=human.given,
                patronymic=human.patronymic,
                sex=human.sex,
                birth_date=human.born,
            )
            self.everyone.append(human)
        return human.id

    def hire_office(self) -> None:
        """Write administration and specialists. The municipal officer is a person without staff
        row, as they work elsewhere."""
        for role in self._site.plan.offices:
            employee = self._site.plan.cast.office.get(role)
            human = self._official(role, employee)
            self.office[role] = human
            self.person(human)
            hired_on = self._long_ago()
            if position := POSITIONS.get(role):
                self.office_staff[role] = self._staff(human, position, hired_on)
            self.grants[role] = self.grant(human, role, hired_on)

    def _official(self, role: Role, employee: Employee | None) -> Human:
        born = self._site.today - timedelta(days=self._rng.randint(31 * 365, 60 * 365))
        if employee:
            return make_human(employee.name, born, employee.login)
        sex = Sex.FEMALE if self._rng.random() < 0.8 else Sex.MALE
        human = make_adult(self._rng, sex, born)
        human.login = f"{role.name.lower().replace('_', '.')}.{self._site.plan.number}"
        return human

    def hire(self, teacher: Teacher, since: date | None = None) -> None:
        """Write a teacher with card and role; a newcomer since the day `since`."""
        hired_on = since or self._long_ago()
        load = Decimal(teacher.hours) / FULL_POSITION
        teacher.id = self._staff(
            teacher.human, teacher.post.position, hired_on, teacher.until, load, teacher
        )
        self.grant(teacher.human, Role.SUBJECT_TEACHER, hired_on, teacher.until)

    def _long_ago(self) -> date:
        return date(self._site.year.since - self._rng.randint(1, 14), 8, 28)

    def _staff(
        self,
        human: Human,
        position: str,
        hired_on: date,
        dismissed_on: date | None = None,
        load: Decimal = Decimal(1),
        teacher: Teacher | None = None,
    ) -> int:
        self._numbers += 1
        staff = self._ledger[Staff].put(
            person_id=self.person(human),
            room_id=teacher.room.id if teacher and teacher.room else None,
            position=position,
            work_email=f"staff{self._numbers}@{self._site.plan.card.host}",
            personnel_no=f"{self._numbers:04d}",
            hired_on=hired_on,
            dismissed_on=dismissed_on,
            load_rate=round(load, 2) or None,
        )
        self._papers.of_staff(staff, human)
        return staff

    def grant(self, human: Human, role: Role, since: date, until: date | None = None) -> int:
        director = self.office[Role.DIRECTOR]
        return self._ledger[RoleGrant].put(
            person_id=human.id,
            role=role,
            scope=GrantScope.SCHOOL,
            granted_by_id=None if human is director else director.id,
            granted_at=min(self._site.moment(since, time(9)), self._site.days_before(1, 9)),
            basis=f"Приказ от {since:%d.%m.%Y} № {self._numbers}-к",
            valid_from=since,
            valid_to=until,
        )

    def settle(self, family: Family) -> None:
        """Write a family: its children, its adults and their ties."""
        for pupil in family.children:
            self._enrol(pupil)
            self._papers.of_student(pupil, family)
        for priority, member in enumerate(family.adults, 1):
            self._guardian(member, family)
            for pupil in family.children:
                self._link(member, pupil, priority)

    def _enrol(self, pupil: Pupil) -> None:
        self._files += 1
        number, left = self._files, pupil.left_on
        pupil.id = self._ledger[Student].put(
            person_id=self.person(pupil.human),
            personal_file_no=f"{pupil.human.family[0]}-{number}",
            admitted_on=pupil.admitted,
            status=StudentStatus.LEFT if left else StudentStatus.ENROLLED,
        )
        self._ledger[Enrollment].put(
            student_id=pupil.id,
            entry_date=pupil.admitted,
            entry_order=f"{number % 90 + 1}-у от {pupil.admitted - timedelta(days=2):%d.%m.%Y}",
            exit_date=left,
            exit_reason="Переезд семьи" if left else None,
            destination="МБОУ «СОШ № 3», г. Новоалтайск" if left else None,
            form=StudyForm.FULL_TIME,
        )

    def _guardian(self, member: Adult, family: Family) -> None:
        member.id = self._ledger[Guardian].put(person_id=self.person(member.human))
        apart = not member.tie.lives_with
        address = make_other_address(self._rng, self._site) if apart else family.address
        self._papers.of_guardian(member.id, member.human, address)

    def _link(self, member: Adult, pupil: Pupil, priority: int) -> None:
        tie = member.tie
        self._ledger[GuardianLink].put(
            guardian_id=member.id,
            student_id=pupil.id,
            relation=tie.relation,
            legal_status=tie.legal,
            basis_document=tie.basis,
            may_receive_info=tie.informed,
            may_contact=tie.informed,
            hide_whereabouts=tie.hidden,
            lives_with=tie.lives_with,
            contact_priority=priority,
            valid_from=pupil.admitted,
        )

    async def open_accounts(self, credentials: Credentials) -> None:
        """Write an account for everyone, so that every view can be tried."""
        issued = await credentials.issue(self._site, self.everyone)
        for human in self.everyone:
            seen = self._rng.random() < 0.7
            days, hour = self._rng.randint(1, 12), self._rng.randint(7, 22)
            self._ledger[Account].put(
                person_id=human.id,
                credential_id=issued[human],
                status=AccountStatus.ACTIVE,
                password_may_be_known=False,
                last_signed_in_at=self._site.days_before(days, hour) if seen else None,
            )
