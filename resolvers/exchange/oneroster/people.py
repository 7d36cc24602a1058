"""Rows of users, roles, demographics, relationships and flags as records."""

from collections.abc import Iterator

from resolvers.exchange.oneroster.codes import Code
from resolvers.exchange.oneroster.records import (
    Demographics,
    Relationship,
    RoleRecord,
    User,
    UserFlag,
    composite,
)
from resolvers.exchange.oneroster.values import Cells
from resolvers.exchange.oneroster.vocabulary import ROLES, SEXES, Role, Sex

PRIMARY = {"primary": True, "secondary": False}


def user(row: Cells) -> User | None:
    email = row.text("email")
    if email and not 0 < email.find("@") < len(email) - 1:
        row.find(Code.VALUE_IGNORED, "email", value=email)
        email = ""
    made = User(
        sourced_id=row.key("sourcedId"),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        given_name=row.need("givenName"),
        family_name=row.need("familyName"),
        middle_name=row.text("middleName"),
        preferred_given_name=row.text("preferredGivenName"),
        preferred_family_name=row.text("preferredFamilyName"),
        preferred_middle_name=row.text("preferredMiddleName"),
        username=row.text("username"),
        enabled=row.read_flag("enabledUser", otherwise=True),
        identifier=row.text("identifier"),
        user_ids=row.user_ids("userIds"),
        email=email,
        phone=row.number("phone"),
        sms=row.number("sms"),
        grades=row.words("grades"),
        agent_ids=row.links("agentSourcedIds"),
        primary_org_id=row.link("primaryOrgSourcedId"),
    )
    return None if row.broken else made


def roles_of_user(row: Cells, of: User) -> Iterator[RoleRecord]:
    """Yield the role in users.csv of OneRoster 1.1, once for each organisation named there."""
    word, role = row.need("role"), row.read_word("role", ROLES, Role.OTHER)
    orgs: tuple[str | None, ...] = row.links("orgSourcedIds") or (None,)
    for org_id in () if row.broken else orgs:
        yield RoleRecord(
            sourced_id=composite("role", of.sourced_id, org_id, word),
            status=of.status,
            modified=of.modified,
            place=of.place,
            user_id=of.sourced_id,
            org_id=org_id,
            role=role,
            word=word,
            primary=org_id == orgs[0],
            session_id=None,
            grade="",
            begin=None,
            end=None,
        )


def role_record(row: Cells) -> RoleRecord | None:
    """Read a row of roles.csv. In School Data Sync it has no identifier, and primary is TRUE."""
    user_id, org_id = row.key("userSourcedId"), row.link("orgSourcedId")
    word, session_id = row.need("role"), row.link("sessionSourcedId")
    begin, end = row.span("beginDate", "endDate")
    made = RoleRecord(
        sourced_id=row.own_key("role", user_id, org_id, word, session_id),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        user_id=user_id,
        org_id=org_id,
        role=row.read_word("role", ROLES, Role.OTHER),
        word=word,
        primary=row.read_word("roleType", PRIMARY, otherwise=False) or row.read_flag("isPrimary"),
        session_id=session_id,
        grade=row.text("grade"),
        begin=begin,
        end=end,
    )
    return None if row.broken else made


def demographics(row: Cells) -> Demographics | None:
    made = Demographics(
        sourced_id=row.key("sourcedId"),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        birth_date=row.day("birthDate"),
        sex=sex(row),
        birth_city=row.text("cityOfBirth"),
        birth_region=row.text("stateOfBirthAbbreviation"),
        birth_country=row.text("countryOfBirthCode"),
    )
    return None if row.broken else made


def sex(row: Cells) -> Sex | None:
    value = row.text("sex")
    if value and value.casefold() not in SEXES:
        row.find(Code.VALUE_IGNORED, "sex", value=value)
    return SEXES.get(value.casefold())


def relationship(row: Cells) -> Relationship | None:
    """Read a row of relationships.csv: the first user is the student, the second the relative."""
    student_id, relative_id = row.key("userSourcedId"), row.key("relationshipUserSourcedId")
    word = row.need("relationshipRole")
    if student_id and student_id == relative_id:
        row.spoil(Code.SELF_GUARDIAN, "relationshipUserSourcedId", value=student_id)
    made = Relationship(
        sourced_id=composite("relationship", student_id, relative_id),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        student_id=student_id,
        relative_id=relative_id,
        role=row.read_word("relationshipRole", ROLES, Role.OTHER),
        word=word,
        begin=None,
        end=None,
    )
    return None if row.broken else made


def user_flag(row: Cells) -> UserFlag | None:
    user_id, flag = row.key("userSourcedId"), row.need("flag")
    made = UserFlag(
        sourced_id=composite("flag", user_id, flag),
        status=row.status(),
        modified=row.read_modified(),
        place=row.place,
        user_id=user_id,
        flag=flag,
    )
    return None if row.broken else made
