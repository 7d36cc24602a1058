"""Texts of explanations of access, in Russian and English."""

from collections.abc import Mapping, Sequence

from models.access.roles import AccessScope, Role

ROLES: Mapping[Role, tuple[str, str]] = {
    Role.STUDENT: ("обучающийся", "student"),
    Role.PARENT: ("родитель", "parent"),
    Role.SUBJECT_TEACHER: ("учитель-предметник", "subject teacher"),
    Role.CLASS_TEACHER: ("классный руководитель", "class teacher"),
    Role.PSYCHOLOGIST: ("психолог", "psychologist"),
    Role.SOCIAL_PEDAGOGUE: ("социальный педагог", "social pedagogue"),
    Role.DEPUTY_DIRECTOR: ("заместитель директора", "deputy director"),
    Role.SCHOOL_ADMINISTRATOR: ("администратор системы", "school administrator"),
    Role.SECRETARY: ("секретарь", "secretary"),
    Role.HR_SPECIALIST: ("специалист по кадрам", "HR specialist"),
    Role.DIRECTOR: ("директор", "director"),
    Role.MUNICIPAL_OFFICER: ("специалист управления образования", "municipal officer"),
}
SCOPES: Mapping[AccessScope, tuple[str, str]] = {
    AccessScope.SELF: ("своё", "one's own"),
    AccessScope.CHILD: ("своих детей", "one's own children"),
    AccessScope.SECTION: ("своих учебных групп", "sections one teaches"),
    AccessScope.CLASS: ("своего класса", "one's own class"),
    AccessScope.SCHOOL: ("всей школы", "the whole school"),
}
SENTENCES: Mapping[str, tuple[str, str]] = {
    "reached": (
        "{role}: видно, по праву {held}.",
        "{role}: seen, by {held}.",
    ),
    "without": (
        "{role}: не видно, у роли нет права {missing}.",
        "{role}: not seen, the role does not hold {missing}.",
    ),
    "beyond": (
        "{role}: не видно; право есть ({held}), но сюда оно не достаёт.",
        "{role}: not seen; the right is there ({held}) but does not reach this.",
    ),
    "held": (
        "{role}: право есть ({held}); достаёт ли оно до этой записи, здесь не сообщается.",
        "{role}: the right is there ({held}); whether it reaches this row is not told here.",
    ),
    "untold": (
        "Нужно: {needed}. Видна ли сама запись, узнаёт лишь тот, кто может её читать; о письмах "
        "не узнаёт никто.",
        "It takes {needed}. Whether this row itself is seen is told only to those who may read "
        "it; of letters it is told to nobody.",
    ),
    "allowed": ("Видно. Роль: {roles}.", "Seen. Role: {roles}."),
    "refused": (
        "Не видно ни в одной из ролей. Нужно: {needed}.",
        "Not seen in any of the roles. It takes {needed}.",
    ),
    "nobody": (
        "Сейчас у учётной записи нет ни одной роли, или она заблокирована.",
        "The account has no role now, or it is locked.",
    ),
}


def place(language: str) -> int:
    return 0 if language == "ru" else 1


def describe_role(
    role: Role, held: Mapping[str, Sequence[AccessScope]], language: str, *, reached: bool | None
) -> str:
    """Describe the access of one role.

    held: The scopes at which it holds each of the rights that it takes.
    reached: Whether they reach the row; None where that is not told.
    """
    at = place(language)
    missing = [f"`{permission}`" for permission, scopes in held.items() if not scopes]
    told = "; ".join(
        f"`{permission}`: {', '.join(SCOPES[scope][at] for scope in scopes)}"
        for permission, scopes in held.items()
    )
    kind = "without" if missing else "held" if reached is None else "beyond"
    kind = "reached" if reached else kind
    sentence = SENTENCES[kind][at]
    text = sentence.format(role=ROLES[role][at], held=told, missing=", ".join(missing))
    return text[0].upper() + text[1:]


def summarise(
    seen_in: Sequence[Role] | None, needed: Sequence[str], language: str, *, any_role: bool
) -> str:
    """Summarise the access of all roles.

    seen_in: The roles that reach the row; None where that is not told.
    """
    at = place(language)
    kind = "untold" if seen_in is None else "refused"
    kind = "allowed" if seen_in else kind if any_role else "nobody"
    roles = ", ".join(dict.fromkeys(ROLES[role][at] for role in seen_in or ()))
    rights = ", ".join(f"`{permission}`" for permission in needed)
    return SENTENCES[kind][at].format(roles=roles, needed=rights)
