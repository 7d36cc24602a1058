"""Reading the rows of events: by a plan where there is one, so that each is one statement."""

from typing import Any

from gql.engine.payloads import RowStatements, is_here
from gql.execution.standard import StandardExecution
from models.base import OfSchool
from resolvers.core.context import Ctx

ROW_STATEMENTS = RowStatements()


class DeliveryExecution(StandardExecution):
    """The standard execution. Only the rows of events are read by plans, as an event is read once
    for each subscriber."""

    def complete_object_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any
    ) -> Any:
        """Read the row of an event through a plan, if there is one."""
        ctx: Ctx = self.context_value
        readers = ctx.caller.services.readers
        is_root = path.prev is not None and path.prev.prev is None
        if readers and isinstance(result, OfSchool) and is_root and self.is_event and ctx.is_known:
            nodes = [detail.node for detail in details]
            found = ROW_STATEMENTS.get(
                self.make_operation(), return_type, nodes, type(result), ctx.actor
            )
            # The row of an event was already read for all subscribers together.
            at_hand = found and found.is_plain
            if found and is_here(result, ctx.actor) and not at_hand:
                return found.read(ctx, result.id)
        return super().complete_object_value(return_type, details, info, path, result, position)
