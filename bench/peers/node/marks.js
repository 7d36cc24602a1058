// Putting one mark: it, its history, the audit entry and the event are one transaction.
import { randomUUID } from "node:crypto";
import { connected, rows } from "./database.js";
import { id, key, needs, reach } from "./viewer.js";

const SCALES = { FIVE_POINT: ["NUMERIC", "DEBT_POINT"], PASS_FAIL: ["PASS_FAIL", "DEBT_POINT"], UNGRADED: [] };

export async function setMark(viewer, { input }) {
  needs(viewer, "marks:write");
  const [assignment, student] = [key(viewer, input.assignmentId), key(viewer, input.studentId)];
  const refused = await connected(viewer.school_id, async (held) => {
    await held.query("BEGIN");
    try {
      const code = await put(viewer, input, assignment, student, held);
      await held.query(code ? "ROLLBACK" : "COMMIT");
      return code;
    } catch (error) {
      await held.query("ROLLBACK");
      throw error;
    }
  });
  const userErrors = refused ? [{ code: refused, message: refused }] : [];
  return { mark: await readBack(viewer, assignment, student), userErrors };
}

/** Why it is refused; nothing if it is written. */
async function put(viewer, input, assignment, student, held) {
  const { school_id: school, person_id: author } = viewer;
  const [cell] = await rows(school, "cell", [assignment, student, viewer.taught, viewer.wards], held);
  const code = refusal(cell, input);
  if (code) return code;
  const { kind, value, comment, reason, expectedVersion } = input;
  const at = new Date();
  const cells = [assignment, student, cell.section_id, cell.lesson_id, author];
  const told = [kind, value, comment, at, cell.published_at, expectedVersion, reason];
  const [mark] = await rows(school, "put_mark", [...cells, ...told], held);
  if (!mark) return "CONFLICT";
  await record(viewer, at, id("Mark", viewer, mark.id), input, student, held);
}

function refusal(cell, { kind, value }) {
  if (!cell?.is_member) return "NOT_FOUND";
  if (cell.is_closed) return "PERIOD_CLOSED";
  if (cell.is_to_come) return "NOT_HELD_YET";
  const inScale = SCALES[cell.scale].includes(kind);
  if (!inScale || (kind === "NUMERIC" && !(value >= 1 && value <= 5))) return "VALIDATION";
  if (cell.is_away) return "STUDENT_AWAY";
}

/** Arguments that an audit entry names, and those of which it has the values. */
const GIVEN = ["assignmentId", "studentId", "value", "kind", "comment", "reason"];
const LOGGED = ["assignmentId", "studentId"];

async function record(viewer, at, entity, input, student, held) {
  const deed = {
    action: "setMark",
    actor_id: viewer.person_id,
    at: at.toISOString().replace("Z", "000+00:00"),
    details: GIVEN.filter((name) => input[name] != null).map((name) => ({
      name,
      values: LOGGED.includes(name) ? [input[name]] : null,
    })),
    entity,
    request_id: randomUUID().replaceAll("-", ""),
    role: viewer.role,
  };
  const details = JSON.stringify(deed.details);
  const given = [at, deed.actor_id, deed.role, deed.action, entity, details, deed.request_id];
  await rows(viewer.school_id, "record", [...given, sealed(deed), student], held);
}

/** As Gorod seals it: JSON with a blank behind each comma and colon. */
const sealed = (deed) => Buffer.from(spaced(deed));

const spaced = (value) => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `"${name}": ${spaced(one)}`).join(", ")}}`;
};

async function readBack(viewer, assignment, student) {
  const [row] = await rows(viewer.school_id, "mark", [...reach(viewer), assignment, student]);
  return row && {
    id: id("Mark", viewer, row.id),
    value: row.value,
    kind: row.kind,
    version: row.version,
    student: { id: id("Student", viewer, row.student_id), fullName: row.full_name },
    assignment: { id: id("Assignment", viewer, row.assignment_id), title: row.title, weight: row.weight },
  };
}
