"""Opening encrypted columns, for viewers whom the rules let see the row."""

from auth.actor import Actor
from models.base import OfSchool
from resolvers.core.context import Services


def open_column(
    services: Services, actor: Actor, row: type[OfSchool], column: str, sealed: bytes, owner: int
) -> str:
    """Decrypt a column. Its value is bound to its place, so it opens nowhere else."""
    return services.secrets.open(sealed, row.__tablename__, column, actor.school_id, owner)


def document_number(
    services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int
) -> str:
    """Series and number in full, without spaces (серия и номер)."""
    return open_column(services, actor, row, "document", sealed, owner)


def snils(services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int) -> str:
    """Insurance number in full (СНИЛС)."""
    return open_column(services, actor, row, "snils", sealed, owner)


def address(
    services: Services, actor: Actor, row: type[OfSchool], sealed: bytes, owner: int
) -> str:
    """The address they live at."""
    return open_column(services, actor, row, "address", sealed, owner)
