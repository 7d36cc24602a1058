"""audit details

The audit log keeps typed details in place of a text of all arguments, and the readings of special
categories by person. The old text is not kept: the table is written anew without it, and the chain
of each school is sealed again. An entry at its end says what the last hash was before, and the
number of the first broken entry if the old chain was not whole.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SCHOOL = "nullif(current_setting('app.school_id', true), '')::bigint"
ROLES = (
    "STUDENT", "PARENT", "SUBJECT_TEACHER", "CLASS_TEACHER", "PSYCHOLOGIST", "SOCIAL_PEDAGOGUE",
    "DEPUTY_DIRECTOR", "SCHOOL_ADMINISTRATOR", "SECRETARY", "HR_SPECIALIST", "DIRECTOR",
    "MUNICIPAL_OFFICER",
)  # fmt: skip
READERS = (
    ("STUDENT", "SELF"), ("PARENT", "CHILD"), ("DEPUTY_DIRECTOR", "SCHOOL"),
    ("SCHOOL_ADMINISTRATOR", "SCHOOL"), ("DIRECTOR", "SCHOOL"),
)  # fmt: skip
INDEXES = ("action", "actor_id", "entity", "role", "at")
NAMES = {"actor_id": "actor", "at": "time"}
OF_OPERATOR = {
    "access.operators.create_admin": "gorod user create-admin",
    "access.operators.create_director": "gorod user create-director",
    "access.operators.reset_password": "gorod user reset-password",
    "access.operators.lock_demo": "gorod demo lock",
    "access.operators.rotate_key": "gorod key rotate",
    "access.operators.reset_key": "gorod key reset",
    "exchange.oneroster.import": "gorod import oneroster",
}
PRIVATE = frozenset({"sendMail", "saveDraft", "moveMail", "markMailRead", "markNoticeRead",
                     "acknowledgeNotice", "requestUpload"})  # fmt: skip
"""Commands of which the log names no row any more."""
SPECIAL = frozenset({"StudentHealth", "StudentIdentity", "StaffIdentity"})
BEGINNING = bytes(32)
AT_A_TIME = 1000
TOLD = "actor_id, role, action, entity, details, request_id"


def upgrade() -> None:
    old = {school: whole(school) for school in schools()}
    # The table is written anew, so that no page of it holds the old text any more.
    op.execute(
        "ALTER TABLE audit_events ALTER COLUMN details TYPE jsonb USING CASE WHEN action = 'read'"
        " THEN to_jsonb(string_to_array(details, ', ')) ELSE '[]'::jsonb END"
    )
    for school, (entries, last_hash, broken_at) in old.items():
        sealed_again(school, anew)
        if entries:
            tell(school, entries, last_hash, broken_at)
        rename_attempts(school)
    op.drop_index("audit_events_by_entity", table_name="audit_events")
    op.drop_index("ix_audit_events_school_id_actor_id", table_name="audit_events")
    for column in INDEXES:
        name = f"audit_events_by_{NAMES.get(column, column)}"
        op.create_index(name, "audit_events", ["school_id", column, "seq"], unique=False)
    create_sensitive_reads()
    op.add_column("accounts", sa.Column("status_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_accounts_status_reason"), "accounts", "char_length(status_reason) BETWEEN 1 AND 300"
    )
    for school in schools():
        stand_in(school)
        for role, scope in READERS:
            op.get_bind().execute(
                sa.text(
                    "INSERT INTO role_rights (school_id, role, permission, scope)"
                    " VALUES (:school, :role, 'sensitive-reads:read', :scope)"
                    " ON CONFLICT DO NOTHING"
                ),
                {"school": school, "role": role, "scope": scope},
            )


def downgrade() -> None:
    for school in schools():
        stand_in(school)
        op.execute("DELETE FROM role_rights WHERE permission = 'sensitive-reads:read'")
    op.drop_constraint(op.f("ck_accounts_status_reason"), "accounts", type_="check")
    op.drop_column("accounts", "status_reason")
    op.drop_table("sensitive_reads")
    for column in INDEXES:
        op.drop_index(f"audit_events_by_{NAMES.get(column, column)}", table_name="audit_events")
    op.create_index("audit_events_by_entity", "audit_events", ["school_id", "entity"], unique=False)
    op.create_index(
        "ix_audit_events_school_id_actor_id", "audit_events", ["school_id", "actor_id"]
    )
    op.execute("ALTER TABLE audit_events ALTER COLUMN details TYPE text USING ''")
    for school in schools():
        sealed_again(school, lambda entry: entry)


def create_sensitive_reads() -> None:
    op.create_table(
        "sensitive_reads",
        sa.Column("school_id", sa.BigInteger(), server_default=sa.text(SCHOOL), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("audit_event_id", sa.BigInteger(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("reader_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, length=40), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            f"role IN ({', '.join(map(repr, ROLES))})", name=op.f("ck_sensitive_reads_role")
        ),
        sa.CheckConstraint(
            "num_nonnulls(student_id, staff_id) = 1", name=op.f("ck_sensitive_reads_whose")
        ),
        *(
            sa.ForeignKeyConstraint(
                ["school_id", column],
                [f"{table}.school_id", f"{table}.id"],
                name=op.f(f"fk_sensitive_reads_school_id_{column}"),
            )
            for column, table in (
                ("audit_event_id", "audit_events"),
                ("student_id", "students"),
                ("staff_id", "staff"),
                ("reader_id", "persons"),
            )
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_sensitive_reads_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_sensitive_reads")),
        info={"grants": "SELECT, INSERT"},
    )
    columns = ["school_id", "audit_event_id"]
    op.create_index("sensitive_reads_by_entry", "sensitive_reads", columns, unique=False)
    for name, column in (("reader", "reader_id"), ("staff", "staff_id"), ("student", "student_id")):
        columns = ["school_id", column, "at", "id"]
        op.create_index(f"sensitive_reads_by_{name}", "sensitive_reads", columns, unique=False)
    columns = ["school_id", "at", "id"]
    op.create_index("sensitive_reads_by_time", "sensitive_reads", columns, unique=False)
    op.execute("ALTER TABLE sensitive_reads ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sensitive_reads FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY school ON sensitive_reads USING (school_id = {SCHOOL})")
    op.execute("GRANT SELECT, INSERT ON sensitive_reads TO gorod_app")


# -- the chain ------------------------------------------------------------------------


def schools() -> list[int]:
    return list(op.get_bind().scalars(sa.text("SELECT id FROM schools ORDER BY id")))


def stand_in(school: int) -> None:
    op.execute(f"SET LOCAL app.school_id = '{school:d}'")


def entries_of(school: int, told: str = TOLD) -> Iterator[dict[str, Any]]:
    stand_in(school)
    query = sa.text(
        f"SELECT seq, at, {told}, previous_hash, hash FROM audit_events"  # noqa: S608
        " WHERE school_id = :school AND seq > :after ORDER BY seq LIMIT :most"
    )
    after = 0
    while True:
        given = {"school": school, "after": after, "most": AT_A_TIME}
        page = [dict(line) for line in op.get_bind().execute(query, given).mappings()]
        if not page:
            return
        yield from page
        after = page[-1]["seq"]


def sealed(previous: bytes, entry: dict[str, Any]) -> bytes:
    contents = {name: entry[name] for name in TOLD.split(", ")}
    contents["at"] = entry["at"].astimezone(UTC).isoformat()
    plain = json.dumps(contents, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(previous + plain).digest()


def whole(school: int) -> tuple[int, bytes, int | None]:
    """How many entries there are, the last hash, and the number of the first broken entry."""
    count, previous, broken_at = 0, BEGINNING, None
    # Written otherwise than below: the driver may not use a statement again after ALTER TABLE.
    for entry in entries_of(school, TOLD.replace("details", "details::text AS details")):
        count += 1
        right = sealed(previous, entry)
        if (entry["seq"], entry["previous_hash"], entry["hash"]) != (count, previous, right):
            broken_at = broken_at or count
        previous = entry["hash"]
    head = op.get_bind().execute(
        sa.text("SELECT audit_seq, audit_hash FROM school_heads WHERE school_id = :school"),
        {"school": school},
    )
    for last_seq, last_hash in head:
        if (last_seq, last_hash) != (count, previous):
            broken_at = broken_at or count + 1
    return count, previous, broken_at


def sealed_again(school: int, change: Any) -> None:
    """Write all entries of a school as `change` gives them, each sealed over the one before."""
    write = sa.text(
        "UPDATE audit_events SET action = :action, entity = :entity, details = :details,"
        " previous_hash = :previous, hash = :hash WHERE school_id = :school AND seq = :seq"
    )
    as_text = postgresql.JSONB if change is anew else sa.Text
    write = write.bindparams(sa.bindparam("details", type_=as_text))
    previous, some = BEGINNING, list[dict[str, Any]]()
    for entry in entries_of(school):
        changed = change(entry)
        right = sealed(previous, changed)
        some.append({
            **{name: changed[name] for name in ("action", "entity", "details", "seq")},
            "previous": previous, "hash": right, "school": school,
        })  # fmt: skip
        previous = right
        if len(some) == AT_A_TIME:
            op.get_bind().execute(write, some)
            some = []
    if some:
        op.get_bind().execute(write, some)
    set_head(school, previous)


def set_head(school: int, last_hash: bytes, more: int = 0) -> None:
    op.get_bind().execute(
        sa.text(
            "UPDATE school_heads SET audit_hash = :hash, audit_seq = audit_seq + :more"
            " WHERE school_id = :school"
        ),
        {"hash": last_hash, "more": more, "school": school},
    )


def anew(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as it is from now on: without what was given, under the name of the mutation."""
    action = renamed(entry["action"])
    kinds = [kind for kind in entry["details"] if kind in SPECIAL] if action == "read" else []
    details = [{"name": kind, "values": None} for kind in kinds]
    entity = None if action in PRIVATE else entry["entity"]
    return {**entry, "action": action, "entity": entity, "details": details}


def renamed(action: str) -> str:
    """`journal.marks.set_mark` as `setMark`."""
    name = action.rpartition(".")[2]
    return OF_OPERATOR.get(action) or re.sub(r"_+([a-z0-9])", lambda it: it[1].upper(), name)


def tell(school: int, entries: int, last_hash: bytes, broken_at: int | None) -> None:
    """The entry that says that the log was sealed again, and what it was before."""
    head = sa.text("SELECT audit_seq, audit_hash FROM school_heads WHERE school_id = :school")
    [(seq, previous)] = op.get_bind().execute(head, {"school": school})
    details = [
        {"name": "entries", "values": [str(entries)]},
        {"name": "lastHash", "values": [last_hash.hex()]},
    ]
    if broken_at is not None:
        details.append({"name": "brokenAt", "values": [str(broken_at)]})
    entry = {
        "at": datetime.now(UTC),
        "actor_id": None,
        "role": None,
        "action": "gorod db upgrade",
        "entity": f"School:{school}-{school}",
        "details": details,
        "request_id": "command line",
    }
    right = sealed(previous, entry)
    write = sa.text(
        f"INSERT INTO audit_events (school_id, version, seq, at, {TOLD}, previous_hash, hash)"  # noqa: S608
        " VALUES (:school, 1, :seq, :at, :actor_id, :role, :action, :entity, :details,"
        " :request_id, :previous, :hash)"
    ).bindparams(sa.bindparam("details", type_=postgresql.JSONB))
    given = {**entry, "school": school, "seq": seq + 1, "previous": previous, "hash": right}
    op.get_bind().execute(write, given)
    set_head(school, right, 1)


def rename_attempts(school: int) -> None:
    """Attempts are known again by their command, too."""
    bind = op.get_bind()
    for old in list(bind.scalars(sa.text("SELECT DISTINCT action FROM attempts"))):
        bind.execute(
            sa.text("UPDATE attempts SET action = :new WHERE school_id = :school AND action = :old"),
            {"new": renamed(old), "school": school, "old": old},
        )
