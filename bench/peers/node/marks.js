// Putting one mark: it, its history, the audit entry and the event are one transaction.
import { command, entry } from "./audit.js";
import { rows } from "./database.js";
import { id, key, needs, reach } from "./viewer.js";

const SCALES = { FIVE_POINT: ["NUMERIC", "DEBT_POINT"], PASS_FAIL: ["PASS_FAIL", "DEBT_POINT"], UNGRADED: [] };
/** Arguments that an audit entry names, and those of which it has the values. */
const GIVEN = ["assignmentId", "studentId", "value", "kind", "comment", "reason"];
const LOGGED = ["assignmentId", "studentId"];

export async function setMark(viewer, { input }) {
  needs(viewer, "marks:write");
  const [assignment, student] = [key(viewer, input.assignmentId), key(viewer, input.studentId)];
  const userErrors = await command(viewer, (held) => put(viewer, input, assignment, student, held));
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
  const details = GIVEN.filter((name) => input[name] != null).map((name) => ({
    name,
    values: LOGGED.includes(name) ? [input[name]] : null,
  }));
  const deed = entry(viewer, at, "setMark", id("Mark", viewer, mark.id), details);
  await rows(school, "record", [...deed, student], held);
}

function refusal(cell, { kind, value }) {
  if (!cell?.is_member) return "NOT_FOUND";
  if (cell.is_closed) return "PERIOD_CLOSED";
  if (cell.is_to_come) return "NOT_HELD_YET";
  const inScale = SCALES[cell.scale].includes(kind);
  if (!inScale || (kind === "NUMERIC" && !(value >= 1 && value <= 5))) return "VALIDATION";
  if (cell.is_away) return "STUDENT_AWAY";
}

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
