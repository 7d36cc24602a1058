"""access requests: what two persons change together, and who may know whose password"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SCHOOL = "nullif(current_setting('app.school_id', true), '')::bigint"
TABLES = ("access_requests", "requested_rights")
HELD = """
    ('DEPUTY_DIRECTOR', 'access:decide'), ('DIRECTOR', 'access:decide'),
    ('DEPUTY_DIRECTOR', 'access:request'), ('DIRECTOR', 'access:request'),
    ('SCHOOL_ADMINISTRATOR', 'access:request')
"""


def in_each_school(*statements: str) -> None:
    """Run statements behind the wall of each school in turn: no wall stands open to all."""
    body = "; ".join(statements)
    op.execute(f"""
        DO $$ DECLARE one bigint; BEGIN
            FOR one IN SELECT id FROM schools LOOP
                PERFORM set_config('app.school_id', one::text, true);
                {body};
            END LOOP;
            PERFORM set_config('app.school_id', '', true);
        END $$
    """)


def upgrade() -> None:
    op.create_table('access_requests',
    sa.Column('school_id', sa.BigInteger(), server_default=sa.text("nullif(current_setting('app.school_id', true), '')::bigint"), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('kind', sa.Enum('GRANT_ROLE', 'REVOKE_ROLE', 'SET_ROLE_RIGHTS', 'UNLOCK_ACCOUNT', name='accesschange', native_enum=False, length=40), nullable=False),
    sa.Column('status', sa.Enum('PENDING', 'APPROVED', 'REFUSED', 'WITHDRAWN', 'EXPIRED', name='requeststatus', native_enum=False, length=40), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('role', sa.Enum('STUDENT', 'PARENT', 'SUBJECT_TEACHER', 'CLASS_TEACHER', 'PSYCHOLOGIST', 'SOCIAL_PEDAGOGUE', 'DEPUTY_DIRECTOR', 'SCHOOL_ADMINISTRATOR', 'SECRETARY', 'HR_SPECIALIST', 'DIRECTOR', 'MUNICIPAL_OFFICER', name='role', native_enum=False, length=40), nullable=True),
    sa.Column('person_id', sa.BigInteger(), nullable=True),
    sa.Column('scope', sa.Enum('SCHOOL', 'GRADE_LEVEL', 'SCHOOL_CLASS', name='grantscope', native_enum=False, length=40), nullable=True),
    sa.Column('grade_level', sa.BigInteger(), nullable=True),
    sa.Column('school_class_id', sa.BigInteger(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('revoked_grant_id', sa.BigInteger(), nullable=True),
    sa.Column('made_grant_id', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('rights_revision', sa.Text(), nullable=True),
    sa.Column('adds_rights', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('concerns_director', sa.Boolean(), nullable=False),
    sa.Column('requested_by_id', sa.BigInteger(), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by_id', sa.BigInteger(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=True),
    sa.CheckConstraint("(kind = 'GRANT_ROLE') = (scope IS NOT NULL) AND (kind = 'GRANT_ROLE') = (valid_from IS NOT NULL)", name=op.f('ck_access_requests_grant_described')),
    sa.CheckConstraint("(kind = 'REVOKE_ROLE') = (revoked_grant_id IS NOT NULL)", name=op.f('ck_access_requests_grant_named')),
    sa.CheckConstraint("(kind = 'SET_ROLE_RIGHTS') = (person_id IS NULL)", name=op.f('ck_access_requests_person_named')),
    sa.CheckConstraint("(kind = 'SET_ROLE_RIGHTS') = (rights_revision IS NOT NULL)", name=op.f('ck_access_requests_rights')),
    sa.CheckConstraint("(kind = 'UNLOCK_ACCOUNT') = (account_id IS NOT NULL)", name=op.f('ck_access_requests_account_named')),
    sa.CheckConstraint("(kind = 'UNLOCK_ACCOUNT') = (role IS NULL)", name=op.f('ck_access_requests_role_named')),
    sa.CheckConstraint("(status = 'PENDING') = (decided_at IS NULL)", name=op.f('ck_access_requests_decided_at')),
    sa.CheckConstraint("(status = 'REFUSED') = (decision_reason IS NOT NULL)", name=op.f('ck_access_requests_refused_why')),
    sa.CheckConstraint("(status IN ('APPROVED', 'REFUSED')) = (decided_by_id IS NOT NULL)", name=op.f('ck_access_requests_decided_by')),
    sa.CheckConstraint("kind IN ('GRANT_ROLE', 'REVOKE_ROLE', 'SET_ROLE_RIGHTS', 'UNLOCK_ACCOUNT')", name=op.f('ck_access_requests_kind')),
    sa.CheckConstraint("role IN ('STUDENT', 'PARENT', 'SUBJECT_TEACHER', 'CLASS_TEACHER', 'PSYCHOLOGIST', 'SOCIAL_PEDAGOGUE', 'DEPUTY_DIRECTOR', 'SCHOOL_ADMINISTRATOR', 'SECRETARY', 'HR_SPECIALIST', 'DIRECTOR', 'MUNICIPAL_OFFICER')", name=op.f('ck_access_requests_role')),
    sa.CheckConstraint("scope IN ('SCHOOL', 'GRADE_LEVEL', 'SCHOOL_CLASS')", name=op.f('ck_access_requests_scope')),
    sa.CheckConstraint("status <> 'APPROVED' OR kind = 'REVOKE_ROLE' OR person_id IS NULL OR decided_by_id <> person_id", name=op.f('ck_access_requests_not_for_oneself')),
    sa.CheckConstraint("status IN ('PENDING', 'APPROVED', 'REFUSED', 'WITHDRAWN', 'EXPIRED')", name=op.f('ck_access_requests_status')),
    sa.CheckConstraint('char_length(basis) BETWEEN 1 AND 300', name=op.f('ck_access_requests_basis')),
    sa.CheckConstraint('char_length(decision_reason) BETWEEN 1 AND 300', name=op.f('ck_access_requests_decision_reason')),
    sa.CheckConstraint('decided_by_id <> requested_by_id', name=op.f('ck_access_requests_two_persons')),
    sa.CheckConstraint('expires_at > requested_at', name=op.f('ck_access_requests_expires_at')),
    sa.ForeignKeyConstraint(['school_id', 'account_id'], ['accounts.school_id', 'accounts.id'], name=op.f('fk_access_requests_school_id_account_id')),
    sa.ForeignKeyConstraint(['school_id', 'decided_by_id'], ['persons.school_id', 'persons.id'], name=op.f('fk_access_requests_school_id_decided_by_id')),
    sa.ForeignKeyConstraint(['school_id', 'made_grant_id'], ['role_grants.school_id', 'role_grants.id'], name=op.f('fk_access_requests_school_id_made_grant_id')),
    sa.ForeignKeyConstraint(['school_id', 'person_id'], ['persons.school_id', 'persons.id'], name=op.f('fk_access_requests_school_id_person_id')),
    sa.ForeignKeyConstraint(['school_id', 'requested_by_id'], ['persons.school_id', 'persons.id'], name=op.f('fk_access_requests_school_id_requested_by_id')),
    sa.ForeignKeyConstraint(['school_id', 'revoked_grant_id'], ['role_grants.school_id', 'role_grants.id'], name=op.f('fk_access_requests_school_id_revoked_grant_id')),
    sa.ForeignKeyConstraint(['school_id', 'school_class_id'], ['school_classes.school_id', 'school_classes.id'], name=op.f('fk_access_requests_school_id_school_class_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_access_requests_school_id')),
    sa.PrimaryKeyConstraint('school_id', 'id', name=op.f('pk_access_requests'))
    )
    op.create_index('access_requests_one_pending', 'access_requests', ['school_id', 'subject'], unique=True, postgresql_where=sa.text("status = 'PENDING'"))
    op.create_index(op.f('ix_access_requests_school_id_account_id'), 'access_requests', ['school_id', 'account_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_decided_by_id'), 'access_requests', ['school_id', 'decided_by_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_made_grant_id'), 'access_requests', ['school_id', 'made_grant_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_person_id'), 'access_requests', ['school_id', 'person_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_requested_by_id'), 'access_requests', ['school_id', 'requested_by_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_revoked_grant_id'), 'access_requests', ['school_id', 'revoked_grant_id'], unique=False)
    op.create_index(op.f('ix_access_requests_school_id_school_class_id'), 'access_requests', ['school_id', 'school_class_id'], unique=False)
    op.create_table('requested_rights',
    sa.Column('school_id', sa.BigInteger(), server_default=sa.text("nullif(current_setting('app.school_id', true), '')::bigint"), nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
    sa.Column('version', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('access_request_id', sa.BigInteger(), nullable=False),
    sa.Column('permission', sa.Text(), nullable=False),
    sa.Column('scope', sa.Enum('SELF', 'CHILD', 'SECTION', 'CLASS', 'SCHOOL', name='accessscope', native_enum=False, length=40), nullable=False),
    sa.Column('is_added', sa.Boolean(), nullable=False),
    sa.CheckConstraint("scope IN ('SELF', 'CHILD', 'SECTION', 'CLASS', 'SCHOOL')", name=op.f('ck_requested_rights_scope')),
    sa.CheckConstraint('char_length(permission) BETWEEN 1 AND 60', name=op.f('ck_requested_rights_permission')),
    sa.ForeignKeyConstraint(['school_id', 'access_request_id'], ['access_requests.school_id', 'access_requests.id'], name=op.f('fk_requested_rights_school_id_access_request_id')),
    sa.ForeignKeyConstraint(['school_id'], ['schools.id'], name=op.f('fk_requested_rights_school_id')),
    sa.PrimaryKeyConstraint('school_id', 'id', name=op.f('pk_requested_rights')),
    sa.UniqueConstraint('school_id', 'access_request_id', 'permission', 'scope', name=op.f('uq_requested_rights_school_id_access_request_id_permission_scope'))
    )

    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY school ON {table} USING (school_id = {SCHOOL})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gorod_app")
    op.add_column(
        "accounts",
        sa.Column(
            "password_may_be_known", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    in_each_school(
        # Whoever handed out a one-time password that is still waiting knows it.
        """UPDATE accounts a SET password_may_be_known = true FROM credentials c
            WHERE c.id = a.credential_id AND c.must_change_password""",
        "UPDATE role_grants SET granted_by_id = NULL WHERE granted_by_id = person_id",
        f"""INSERT INTO role_rights (school_id, role, permission, scope)
            SELECT one, role, permission, 'SCHOOL' FROM (VALUES {HELD}) held (role, permission)
            ON CONFLICT DO NOTHING""",
        """DELETE FROM role_rights WHERE role = 'SCHOOL_ADMINISTRATOR'
            AND permission = 'passwords:reset'""",
    )
    op.create_check_constraint(
        op.f("ck_role_grants_not_to_oneself"), "role_grants", "granted_by_id <> person_id"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_role_grants_not_to_oneself"), "role_grants", type_="check")
    in_each_school(
        "DELETE FROM role_rights WHERE permission IN ('access:decide', 'access:request')",
        """INSERT INTO role_rights (school_id, role, permission, scope)
            VALUES (one, 'SCHOOL_ADMINISTRATOR', 'passwords:reset', 'SCHOOL')
            ON CONFLICT DO NOTHING""",
    )
    op.drop_column("accounts", "password_may_be_known")
    for table in reversed(TABLES):
        op.drop_table(table)
