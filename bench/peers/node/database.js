// Statements of ../sql over pg's pool: prepared once a connection, behind the wall of one school.
import { readFileSync, readdirSync } from "node:fs";
import pg from "pg";

const SQL = new URL("../sql/", import.meta.url);
const STATEMENTS = Object.fromEntries(
  readdirSync(SQL).map((file) => [file.replace(".sql", ""), readFileSync(new URL(file, SQL), "utf8")]),
);
const ONLY_SCHOOL = process.env.BENCH_SCHOOL; // of a server for one school; others tell connections

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(1016, (text) => (text === "{}" ? [] : text.slice(1, -1).split(",").map(Number)));

const pool = new pg.Pool({
  max: Number(process.env.BENCH_CONNECTIONS),
  idleTimeoutMillis: 0,
  options: `-c timezone=UTC -c jit=off ${ONLY_SCHOOL ? `-c app.school_id=${ONLY_SCHOOL}` : ""}`,
});

/** The rows of a statement, on any connection or on one that is held. */
export async function rows(school, name, values, held) {
  const statement = { name, text: STATEMENTS[name], values: [school, ...values] };
  if (held) return (await held.query(statement)).rows;
  if (ONLY_SCHOOL) return (await pool.query(statement)).rows;
  return connected(school, async (connection) => (await connection.query(statement)).rows);
}

/** Write on one connection, as a whole or not at all; `write(held)` returns why not. */
export function transaction(school, write) {
  return connected(school, async (held) => {
    await held.query("BEGIN");
    try {
      const refused = await write(held);
      await held.query(refused ? "ROLLBACK" : "COMMIT");
      return refused;
    } catch (error) {
      await held.query("ROLLBACK");
      throw error;
    }
  });
}

/** Work on one connection that serves the school. */
export async function connected(school, work) {
  const connection = await pool.connect();
  try {
    if (!ONLY_SCHOOL && connection.school !== school) {
      await connection.query(`SET app.school_id = '${Number(school)}'`);
      connection.school = school;
    }
    return await work(connection);
  } finally {
    connection.release();
  }
}
