"""names: found however they are typed; people keep the warnings that were overridden"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FUNCTIONS = (
    # The collation is named, or a column of collation C would be folded without knowing its case.
    r"""
    CREATE FUNCTION folded(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(translate(normalize(regexp_replace(lower(normalize(regexp_replace(
        value COLLATE "default",
        $$['`´‘’‚‛′‵ʹʻʼʽˈ՚＇ꞌ\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]$$, '', 'g'),
        NFKD)), '[\u0300-\u0305\u0307-\u036f]', '', 'g'), NFC),
        U&'abcehikmoptxy\0306', 'авсенікмортху'), '[^[:alnum:]]+', ' ', 'g'))
    """,
    # Words are shorter than an index or a tsvector takes, also of a name too long to be kept: that is
    # for the limit of its column to refuse.
    """
    CREATE FUNCTION folded_name(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN rtrim(left(folded(left(value, 400)), 500))
    """,
    """
    CREATE FUNCTION name_words(value text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_to_tsvector(string_to_array(folded_name(value), ' '))
    """,
    # Of blanks alone everything is found, of signs alone nothing: no word holds a space.
    """
    CREATE FUNCTION name_query(value text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN btrim(value) = '' THEN $$!' '$$
        WHEN folded_name(value) = '' THEN $$' '$$
        ELSE $$'$$ || replace(folded_name(value), ' ', $$':* & '$$) || $$':*$$
    END::tsquery
    """,
    """
    CREATE FUNCTION longest_word(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN coalesce((
        SELECT word FROM unnest(string_to_array(folded_name(value), ' ')) AS word
        ORDER BY length(word) DESC, word LIMIT 1
    ), '')
    """,
)
NAMES = ("folded", "folded_name", "name_words", "name_query", "longest_word")
FULL_NAME = "family_name || ' ' || given_name || coalesce(' ' || patronymic, '')"
WORDS = range(1, 7)
OVERRIDDEN = ("persons", "accounts")


def word(number: int) -> str:
    found = f"split_part(folded_name({FULL_NAME}), ' ', {number})"
    found = found if number == 1 else f"nullif({found}, '')"
    if number == max(WORDS):
        more = f"split_part(folded_name({FULL_NAME}), ' ', {number + 1}) <> ''"
        found = f"CASE WHEN {more} THEN '' ELSE {found} END"
    return found


def upgrade() -> None:
    for function in FUNCTIONS:
        op.get_bind().exec_driver_sql(function)
    words = sa.Computed(f"name_words({FULL_NAME})", persisted=True)
    op.add_column("persons", sa.Column("name_words", postgresql.TSVECTOR(), words, nullable=False))
    for number in WORDS:
        made = sa.Computed(word(number), persisted=True)
        column = sa.Column(f"word_{number}", sa.Text(collation="C"), made, nullable=True)
        op.add_column("persons", column)
        columns = ["school_id", f"word_{number}"]
        op.create_index(f"persons_by_word_{number}", "persons", columns)
    for table in OVERRIDDEN:
        texts = postgresql.ARRAY(sa.Text())
        op.add_column(
            table, sa.Column("overridden_warnings", texts, server_default="{}", nullable=False)
        )
        op.add_column(table, sa.Column("override_reason", sa.Text(), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{table}_override_reason"),
            table,
            "char_length(override_reason) BETWEEN 1 AND 1000",
        )


def downgrade() -> None:
    for table in OVERRIDDEN:
        op.drop_column(table, "override_reason")
        op.drop_column(table, "overridden_warnings")
    for number in WORDS:
        op.drop_index(f"persons_by_word_{number}", table_name="persons")
        op.drop_column("persons", f"word_{number}")
    op.drop_column("persons", "name_words")
    for name in reversed(NAMES):
        op.execute(f"DROP FUNCTION {name}(text)")
