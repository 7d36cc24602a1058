"""Opening what is stored encrypted, for a reader whom the policy let see the row."""

from auth.actor import Actor
from models.base import OfSchool
from resolvers.core.context import Services


def opened(
    services: Services, actor: Actor, row: type[OfSchool], column: str, sealed: bytes, owner: int
) -> str:
    """The plain text of an encrypted column; its place is bound in, so no other opens it."""
    return services.secrets.open(sealed, row.__tablename__, column, actor.school_id, owner)


def document_number(
    services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int
) -> str:
    """Series and number in full, without spaces (серия и номер)."""
    return opened(services, actor, row, "document", sealed, owner)


def snils(services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int) -> str:
    """Insurance number in full (СНИЛС)."""
    return opened(services, actor, row, "snils", sealed, owner)


def address(
    services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int
) -> str:
    """Where they live."""
    return opened(services, actor, row, "address", sealed, owner)
