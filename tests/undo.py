"""The writes of a test are undone in place: that is much quicker than to copy the database again,
and connections stay open and know their tables.

Triggers, in the tests' databases only, note how each row was before it was first written, whoever
writes and however. `undo()` puts that back, and the sequences. It cannot undo what changes tables
themselves, nor while a session is within a transaction or holds a lock, and does not try to undo
a great deal. Then it answers why, and the database must be cloned. Rights and settings of roles and
databases belong to the server and are noticed by nobody: tests that change them work elsewhere.
"""

from typing import Any, TypeAlias

import asyncpg

from models.database.address import open_session

Operator: TypeAlias = "asyncpg.Connection[Any]"

MOST = 3000
"""Rows that are undone sooner than the database is copied."""
WORN = 4 << 20
"""Bytes of notes after which there are so many dead rows that plans could come to differ."""

NOTES = """
CREATE SCHEMA undo;
CREATE UNLOGGED TABLE undo.notes
    (n bigint GENERATED ALWAYS AS IDENTITY, tab oid, existed boolean, image text);
CREATE UNLOGGED TABLE undo.obstacles (what text);
CREATE TABLE undo.tables (tab oid PRIMARY KEY, remove text, restore text);

CREATE FUNCTION undo.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF current_setting('undo.undoing', true) = 'yes' THEN
        RETURN NULL;
    ELSIF TG_OP = 'TRUNCATE' THEN
        INSERT INTO undo.obstacles VALUES ('TRUNCATE');
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO undo.notes (tab, existed, image)
            SELECT TG_RELID, true, r::text FROM old_rows r;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO undo.notes (tab, existed, image)
            SELECT TG_RELID, false, r::text FROM new_rows r;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION undo.note_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO undo.obstacles VALUES (TG_TAG);
END $$;
"""
"""Functions are the superuser's: no wall stands before them."""

WATCH = r"""
DO $$
DECLARE
    watched record;
    given text;
    transition text;
    first text;
BEGIN
    FOR watched IN
        SELECT c.oid, c.oid::regclass::text AS name,
            string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                FILTER (WHERE a.attgenerated = '') AS columns,
            string_agg(format('(r).%I', a.attname), ', ' ORDER BY a.attnum)
                FILTER (WHERE a.attgenerated = '') AS contents,
            string_agg(format('(r).%I', a.attname), ', ' ORDER BY a.attnum)
                FILTER (WHERE a.attnum = ANY (k.indkey)) AS keys,
            string_agg(format('t.%I = (r).%1$I', a.attname), ' AND ')
                FILTER (WHERE a.attnum = ANY (k.indkey)) AS same
        FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        GROUP BY c.oid
    LOOP
        FOREACH given IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
            transition := CASE given
                WHEN 'INSERT' THEN 'REFERENCING NEW TABLE AS new_rows'
                WHEN 'UPDATE' THEN 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
                WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS old_rows'
                ELSE '' END;
            EXECUTE format(
                'CREATE TRIGGER undo_%s AFTER %s ON %s %s FOR EACH STATEMENT'
                ' EXECUTE FUNCTION undo.note()', lower(given), given, watched.name, transition);
            EXECUTE format(
                'ALTER TABLE %s ENABLE ALWAYS TRIGGER undo_%s', watched.name, lower(given));
        END LOOP;
        first := format(
            '(SELECT DISTINCT ON (%s) existed, r'
            ' FROM (SELECT n, existed, image::%s AS r FROM undo.notes WHERE tab = %s OFFSET 0) x'
            ' ORDER BY %1$s, n)', watched.keys, watched.name, watched.oid);
        INSERT INTO undo.tables VALUES (watched.oid,
            format('DELETE FROM %s t USING %s first WHERE %s', watched.name, first, watched.same),
            format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s first'
                ' WHERE existed', watched.name, watched.columns, watched.contents, first));
    END LOOP;
    IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
            AND (relkind = 'p' OR relkind = 'r' AND oid NOT IN (SELECT tab FROM undo.tables))) THEN
        RAISE 'a table without a primary key, or in parts, cannot be undone';
    END IF;
END $$;

CREATE TABLE undo.sequences AS
    SELECT c.oid::regclass AS seq, pg_sequence_last_value(c.oid) AS last, s.seqstart AS start
    FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace;
CREATE EVENT TRIGGER undo_ddl ON ddl_command_end EXECUTE FUNCTION undo.note_ddl();
CREATE EVENT TRIGGER undo_drop ON sql_drop EXECUTE FUNCTION undo.note_ddl();
"""
"""Statements are noted, not rows: bulk stays quick. Always, even where foreign keys are off."""

UNDO = f"""
CREATE FUNCTION undo.undo() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    written record;
    obstacle text := (SELECT string_agg(DISTINCT what, ', ') FROM undo.obstacles);
BEGIN
    IF obstacle IS NOT NULL THEN
        RETURN obstacle;
    ELSIF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
            AND pid <> pg_backend_pid() AND xact_start IS NOT NULL) THEN
        RETURN 'a session is within a transaction';
    ELSIF EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = current_database() AND l.locktype = 'advisory') THEN
        RETURN 'a session holds a lock';
    ELSIF (SELECT count(*) FROM undo.notes) > {MOST} THEN
        RETURN 'too much';
    ELSIF pg_relation_size('undo.notes') > {WORN} THEN
        RETURN 'worn out';
    END IF;
    PERFORM set_config('undo.undoing', 'yes', true),
        set_config('session_replication_role', 'replica', true);
    FOR written IN SELECT * FROM undo.tables WHERE tab IN (SELECT tab FROM undo.notes) LOOP
        EXECUTE written.remove;
        EXECUTE written.restore;
    END LOOP;
    PERFORM setval(seq, coalesce(last, start), last IS NOT NULL)
        FROM undo.sequences WHERE pg_sequence_last_value(seq) IS DISTINCT FROM last;
    DELETE FROM undo.notes;
    RETURN NULL;
END $$;
"""


async def watch(url: str) -> None:
    """From now on what is written to the superuser's database can be undone; in its clones, too."""
    inside = await open_session(url)
    await inside.execute(NOTES + UNDO + WATCH)
    await inside.close()


async def keep(url: str) -> None:
    """Keep what was written to the superuser's database until now, also in its clones."""
    inside = await open_session(url)
    await inside.execute(
        "TRUNCATE undo.notes; UPDATE undo.sequences SET last = pg_sequence_last_value(seq)"
    )
    await inside.close()


async def undo(operator: Operator) -> str | None:
    """Put the operator's database back to what it was when it was cloned, or say why not."""
    obstacle: str | None = await operator.fetchval("SELECT undo.undo()")
    return obstacle
