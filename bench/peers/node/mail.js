// Sending a letter: it, all copies, the audit entry and the event are one transaction.
import { command, entry, record } from "./audit.js";
import { rows } from "./database.js";
import { id, key, needs } from "./viewer.js";

export async function sendMail(viewer, { input }) {
  needs(viewer, "mail:write");
  if (viewer.family) throw new Error("FORBIDDEN"); // of families, whose mail nobody measures
  let letter = 0;
  const userErrors = await command(viewer, async (held) => {
    const [code, sent] = await send(viewer, input, held);
    letter = sent;
    return code;
  });
  return { mailMessage: userErrors.length ? null : await readBack(viewer, letter), userErrors };
}

/** Why it is refused, and the key of the letter. */
async function send(viewer, { subject = "", body = "", groupThread = false, ...named }, held) {
  const { school_id: school, person_id: writer, oversees, pupils } = viewer;
  if (subject.length > 300 || body.length > 50000) return ["TOO_LONG"];
  const roles = rolesOf(viewer, named);
  if (!roles.size) return ["NO_RECIPIENTS"];
  const persons = [...roles.keys()];
  const found = await rows(school, "recipients", [persons, oversees, pupils], held);
  if (found.length < persons.length) return ["NOT_FOUND"];
  if (persons.length > found[0].most) return ["LIMIT"];
  const shown = groupThread || found.filter((row) => row.is_family).length <= 1;
  const at = new Date();
  const given = [writer, subject, body, shown, at, persons, [...roles.values()]];
  const [{ id: letter }] = await rows(school, "send_letter", given, held);
  const entity = id("MailMessage", viewer, letter);
  // Not even the names of arguments: they would tell who wrote to whom.
  const deed = entry(viewer, at, "sendMail", null, []);
  const told = { topic: "MAIL", kind: "MAIL_RECEIVED", entity, students: [null], persons };
  await record(viewer, deed, told, held);
  return [undefined, letter];
}

/** The role of each recipient: the first one, if the letter names somebody twice. */
function rolesOf(viewer, { to, cc, bcc }) {
  const roles = new Map();
  for (const [role, ids] of [["TO", to], ["CC", cc], ["BCC", bcc]])
    for (const one of ids ?? []) {
      const person = key(viewer, one);
      if (!roles.has(person)) roles.set(person, role);
    }
  return roles;
}

async function readBack(viewer, letter) {
  const [row] = await rows(viewer.school_id, "letter", [letter, viewer.person_id]);
  return row && {
    id: id("MailMessage", viewer, row.id),
    subject: row.subject,
    showsRecipients: row.shows_recipients,
    senderName: row.sender_name,
    version: row.version,
  };
}
