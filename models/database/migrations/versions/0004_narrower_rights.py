"""rights as narrow as domain.md c.2 has them"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NO_MORE = """
    SCHOOL_ADMINISTRATOR contacts:read SCHOOL
    SCHOOL_ADMINISTRATOR guardians:read-contacts SCHOOL
    PSYCHOLOGIST guardians:read-legal-status SCHOOL
    STUDENT health:read-special-needs SELF
    CLASS_TEACHER health:read-special-needs CLASS
    SOCIAL_PEDAGOGUE identity:read SCHOOL
    DEPUTY_DIRECTOR identity:read SCHOOL
    SECRETARY attendance:read SCHOOL
"""
"""Rights that roles held by default and hold no more."""

NEWLY = """
    STUDENT addresses:read SELF
    PARENT addresses:read SELF
    PARENT addresses:read CHILD
    CLASS_TEACHER addresses:read CLASS
    SOCIAL_PEDAGOGUE addresses:read SCHOOL
    DEPUTY_DIRECTOR addresses:read SCHOOL
    SECRETARY addresses:read SCHOOL
    DIRECTOR addresses:read SCHOOL
    STUDENT guardians:read-details SELF
    PARENT guardians:read-details SELF
    CLASS_TEACHER guardians:read-details CLASS
    PSYCHOLOGIST guardians:read-details SCHOOL
    SOCIAL_PEDAGOGUE guardians:read-details SCHOOL
    DEPUTY_DIRECTOR guardians:read-details SCHOOL
    SCHOOL_ADMINISTRATOR guardians:read-details SCHOOL
    SECRETARY guardians:read-details SCHOOL
    DIRECTOR guardians:read-details SCHOOL
    CLASS_TEACHER guardians:read-restriction CLASS
    SOCIAL_PEDAGOGUE guardians:read-restriction SCHOOL
    DEPUTY_DIRECTOR guardians:read-restriction SCHOOL
    SCHOOL_ADMINISTRATOR guardians:read-restriction SCHOOL
    SECRETARY guardians:read-restriction SCHOOL
    DIRECTOR guardians:read-restriction SCHOOL
    SUBJECT_TEACHER notices:address-families SECTION
    CLASS_TEACHER notices:address-families SECTION
    CLASS_TEACHER notices:address-families CLASS
    PSYCHOLOGIST notices:address-families SCHOOL
    SOCIAL_PEDAGOGUE notices:address-families SCHOOL
    DEPUTY_DIRECTOR notices:address-families SCHOOL
    SCHOOL_ADMINISTRATOR notices:address-families SCHOOL
    SECRETARY notices:address-families SCHOOL
    DIRECTOR notices:address-families SCHOOL
    SCHOOL_ADMINISTRATOR staff:read-file SCHOOL
    DEPUTY_DIRECTOR staff:read-identity SELF
    SCHOOL_ADMINISTRATOR staff:read-identity SELF
    SECRETARY staff:read-identity SELF
    MUNICIPAL_OFFICER staff:read-identity SELF
    STUDENT students:read-file SELF
    PARENT students:read-file CHILD
    CLASS_TEACHER students:read-file CLASS
    PSYCHOLOGIST students:read-file SCHOOL
    SOCIAL_PEDAGOGUE students:read-file SCHOOL
    DEPUTY_DIRECTOR students:read-file SCHOOL
    SCHOOL_ADMINISTRATOR students:read-file SCHOOL
    SECRETARY students:read-file SCHOOL
    DIRECTOR students:read-file SCHOOL
    STUDENT students:read-movements SELF
    PARENT students:read-movements CHILD
    CLASS_TEACHER students:read-movements CLASS
    SOCIAL_PEDAGOGUE students:read-movements SCHOOL
    DEPUTY_DIRECTOR students:read-movements SCHOOL
    SCHOOL_ADMINISTRATOR students:read-movements SCHOOL
    SECRETARY students:read-movements SCHOOL
    DIRECTOR students:read-movements SCHOOL
"""
"""Rights that roles hold by default from now on."""


def upgrade() -> None:
    exchange(gone=NO_MORE, given=NEWLY)


def downgrade() -> None:
    exchange(gone=NEWLY, given=NO_MORE)


def exchange(*, gone: str, given: str) -> None:
    """Take rights from the roles of every school and give others. Each school stands behind a wall
    that holds for the owner of the tables, too, so it is entered by its number."""
    op.execute(
        f"""
        DO $$
        DECLARE school bigint;
        BEGIN
            FOR school IN SELECT id FROM schools LOOP
                PERFORM set_config('app.school_id', school::text, true);
                DELETE FROM role_rights WHERE school_id = school
                    AND (role, permission, scope) IN (VALUES {values_of(gone)});
                INSERT INTO role_rights (school_id, role, permission, scope)
                    SELECT school, * FROM (VALUES {values_of(given)}) AS given
                    ON CONFLICT DO NOTHING;
            END LOOP;
            PERFORM set_config('app.school_id', '', true);
        END $$
        """  # noqa: S608  # made of constants alone
    )


def values_of(lines: str) -> str:
    rows = (line.split() for line in lines.strip().splitlines())
    return ", ".join("('" + "', '".join(row) + "')" for row in rows)
