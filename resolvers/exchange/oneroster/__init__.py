"""Import of OneRoster CSV files; see `roster.read` and `apply.import_roster`."""

from resolvers.exchange.oneroster.files import Limits
from resolvers.exchange.oneroster.refusals import RosterUnreadable
from resolvers.exchange.oneroster.roster import RosterSet, read

__all__ = ["Limits", "RosterSet", "RosterUnreadable", "read"]
