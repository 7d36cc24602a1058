// Everybody in a lesson was there: records, lesson, audit entry and events are one transaction.
import { command, entry, record } from "./audit.js";
import { rows } from "./database.js";
import { id, key, needs } from "./viewer.js";

export async function confirmAllPresent(viewer, { input }) {
  needs(viewer, "attendance:write");
  const lesson = key(viewer, input.lessonId);
  const userErrors = await command(viewer, (held) => confirm(viewer, input, lesson, held));
  return { lesson: await readBack(viewer, lesson), userErrors };
}

async function confirm(viewer, { lessonId }, lesson, held) {
  const { school_id: school, person_id: author, taught, led } = viewer;
  const [found] = await rows(school, "open_lesson", [lesson, taught, led], held);
  const code = refusal(found);
  if (code) return code;
  const at = new Date();
  const given = [lesson, found.section_id, found.date, author, at];
  const present = await rows(school, "confirm_present", given, held);
  const entity = id("Lesson", viewer, lesson);
  const deed = entry(viewer, at, "confirmAllPresent", entity, [{ name: "lessonId", values: [lessonId] }]);
  const students = present.map((row) => row.student_id);
  await record(viewer, deed, { topic: "JOURNAL", kind: "ATTENDANCE_SET", entity, students }, held);
}

function refusal(lesson) {
  if (!lesson) return "NOT_FOUND";
  if (lesson.is_archived) return "YEAR_ARCHIVED";
  if (lesson.is_closed) return "PERIOD_CLOSED";
  if (lesson.is_cancelled) return "LESSON_CANCELLED";
  if (lesson.is_to_come) return "NOT_HELD_YET";
}

async function readBack(viewer, lesson) {
  const [row] = await rows(viewer.school_id, "lesson", [lesson, viewer.oversees, viewer.sections]);
  return row && { ...row, id: id("Lesson", viewer, row.id) };
}
