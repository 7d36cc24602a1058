// PostGraphile on our tables. What the viewer may see is said where a field begins, as conditions
// with parameters of the context, so that one statement without a transaction is enough.
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { viewerOf } from "../node/viewer.js";
import { fields, readCounts } from "./fields.js";

const ONLY_SCHOOL = process.env.BENCH_SCHOOL;
const pool = new pg.Pool({
  max: Number(process.env.BENCH_CONNECTIONS),
  idleTimeoutMillis: 0,
  options: `-c timezone=UTC -c jit=off ${ONLY_SCHOOL ? `-c app.school_id=${ONLY_SCHOOL}` : ""}`,
});

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [fields, readCounts],
  disablePlugins: ["NodePlugin"],
  pgServices: [makePgService({ pool, schemas: ["public", "bench"] })],
  schema: { defaultBehavior: "+list -connection -insert -update -delete" },
  grafserv: { graphiql: false },
  grafast: {
    context: async ({ node }) => {
      const viewer = await viewerOf(node.req.headers.authorization);
      // With many schools a transaction tells the database which one: that is PostGraphile's way.
      const pgSettings = ONLY_SCHOOL ? undefined : { "app.school_id": String(viewer.school_id) };
      return { viewer, pgSettings };
    },
  },
});

const server = createServer();
await pgl.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
