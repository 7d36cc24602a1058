// What every command writes besides its rows: the audit entry with its seal, and the events.
import { randomUUID } from "node:crypto";
import { rows, transaction } from "./database.js";

/** A command: `write(held)` returns why it is refused, or nothing if it is written. */
export async function command(viewer, write) {
  const refused = await transaction(viewer.school_id, write);
  return refused ? [{ code: refused, message: refused }] : [];
}

/** The audit entry in the order of the parameters of the statements that write it. */
export function entry(viewer, at, action, entity, details) {
  const deed = {
    action,
    actor_id: viewer.person_id,
    at: at.toISOString().replace("Z", "000+00:00"),
    details,
    entity,
    request_id: randomUUID().replaceAll("-", ""),
    role: viewer.role,
  };
  const given = [at, deed.actor_id, deed.role, action, entity, JSON.stringify(details), deed.request_id];
  return [...given, sealed(deed)];
}

/** The entry and its events: of students, or for persons. */
export function record(viewer, entry, { topic, kind, entity, students, persons = null }, held) {
  const told = [topic, kind, entity, students, persons];
  return rows(viewer.school_id, "record_events", [...entry, ...told], held);
}

/** As Gorod seals it: JSON with a blank behind each comma and colon. */
const sealed = (deed) => Buffer.from(spaced(deed));

const spaced = (value) => {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, one]) => `"${name}": ${spaced(one)}`).join(", ")}}`;
};
