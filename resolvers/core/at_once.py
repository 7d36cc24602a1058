"""Commands that say their plain case in SQL: one statement looks whether it may be done, does it
and records it. Where it does nothing, something speaks against it or the case is not plain: then
the use case itself runs, which knows all cases and says why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import urandom
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from auth.actor import Actor, Viewer
from models.access.audit import Attempt, sealed
from models.base import OfSchool
from models.events import EventKind
from resolvers.core.news import recording, table_of, topic_of
from resolvers.core.trace import Details


@dataclass(frozen=True, slots=True)
class AtOnce:
    """What a command does to one row in its plain case.

    row: The type of the row.
    done: One line if it was done: the row as it is now, with `student_id` whose journal it
        concerns; none if it was not.
    kind: What subscribers are told.
    """

    row: type[OfSchool]
    done: CTE
    kind: EventKind

    def statement(self, viewer: Viewer, attempt: Any = None) -> Select[Any]:
        """Does and records it; gives the key of the row from `done`, or null. Its parameters are
        those of the viewer, of the command and of `deed`.

        attempt: The key its client gave it. The database refuses a second one of that name, which
        then is answered as the first was.
        """
        found = self.done.c
        entity = func.concat(f"{self.row.api_name()}:", viewer.school_id, "-", found.id)
        done = select(*found, entity.label("entity")).cte("done")
        content = in_deed("before").concat(done.c.entity).concat(in_deed("after"))
        news = select(
            literal_column(f"'{topic_of(self.kind).name}'").label("topic"),
            literal_column(f"'{self.kind.name}'").label("kind"),
            done.c.entity,
            done.c.student_id,
            cast(null(), ARRAY(BigInteger)).label("persons"),
            literal_column("1").label("place"),
        ).subquery("news")
        one: Any = literal_column("1")
        sealed_over = func.convert_to(content, "UTF8")
        written = [*recording(viewer.school_id, done.c.entity, sealed_over, news, one, after=done)]
        if attempt is not None:
            written.append(remembered(viewer, done, attempt))
        key = select(done.c.id).scalar_subquery()
        return select(key.label("key")).add_cte(*written)


def remembered(viewer: Viewer, done: CTE, attempt: Any) -> CTE:
    """What `resolvers.core.attempts` keeps of an attempt."""
    values = {
        "school_id": viewer.school_id,
        "version": literal_column("1"),
        "person_id": viewer.person_id,
        "key": attempt,
        "action": in_deed("action"),
        "arguments_hash": bindparam("deed_arguments", type_=LargeBinary),
        "result": func.jsonb_build_object("row", done.c.entity),
        "at": viewer.now,
    }
    lines = select(*values.values()).select_from(done)
    return insert(table_of(Attempt)).from_select([*values], lines).cte("attempt")


def in_deed(name: str) -> Any:
    return bindparam(f"deed_{name}", type_=String)


def deed(
    actor: Actor,
    action: str,
    details: Details,
    request_id: str,
    arguments: bytes | None = None,
) -> Mapping[str, Any]:
    """The parameters with which a statement is recorded.

    arguments: Their hash, of an attempt that has a key.

    An audit entry is sealed with the id of the row, which is known only when it was written: so
    what stands before it and behind it is given.
    """
    told = {"actor_id": actor.person_id, "role": actor.role.name, "action": action}
    told |= {"request_id": request_id}
    place = urandom(16).hex()  # no client knows it, so it stands nowhere else
    content = sealed(at=actor.now, entity=place, details=details, **told).decode()
    before, _, after = content.partition(place)
    values = {**told, "at": actor.now, "before": before, "after": after}
    values["arguments"] = arguments
    values["details"] = json.dumps(details)  # these connections take JSON as text
    return {f"deed_{name}": value for name, value in values.items()}
