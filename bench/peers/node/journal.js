// Diaries, journals and averages: one function a statement, for one or for many parents.
import { rows } from "./database.js";
import { id, key, needs, reach } from "./viewer.js";

export async function diary(viewer, { studentId, from, to }) {
  needs(viewer, "lessons:read");
  const student = key(viewer, studentId);
  if (!viewer.oversees && !viewer.pupils.includes(student)) return null;
  const days = [];
  for (const row of await rows(viewer.school_id, "diary", [student, from, to])) {
    if (days.at(-1)?.date !== row.date) days.push({ date: row.date, lessons: [] });
    days.at(-1).lessons.push(lessonOf(row));
  }
  return { days };
}

const lessonOf = (row) => ({
  lesson: row.lesson_id,
  student: row.student_id,
  startsAt: row.starts_at,
  topic: row.topic,
  subject: { name: row.subject_name },
  teacher: { shortName: row.teacher_name },
  room: row.room_number && { number: row.room_number },
  homework: row.homework_text && { text: row.homework_text },
});

const places = (cells) => [cells.map((cell) => cell.lesson), cells.map((cell) => cell.student)];
const placeOf = (row) => `${row.lesson_id} ${row.student_id}`;

/** For each diary lesson its marks. */
export async function marksOf(viewer, cells) {
  const found = await rows(viewer.school_id, "marks", [...reach(viewer), ...places(cells)]);
  const by = Map.groupBy(found, placeOf);
  return cells.map((cell) => (by.get(`${cell.lesson} ${cell.student}`) ?? []).map(markOf));
}

const markOf = (row) => ({
  value: row.value,
  kind: row.kind,
  assignment: { title: row.title, weight: row.weight },
});

/** For each diary lesson whether the student was there. */
export async function attendanceOf(viewer, cells) {
  const seen = reach(viewer).slice(0, 3);
  const found = await rows(viewer.school_id, "attendance", [...seen, ...places(cells)]);
  const by = new Map(found.map((row) => [placeOf(row), { code: row.code }]));
  return cells.map((cell) => by.get(`${cell.lesson} ${cell.student}`) ?? null);
}

export function journal(viewer, { sectionId, from, to }) {
  needs(viewer, "marks:read");
  const section = key(viewer, sectionId);
  return viewer.oversees || viewer.sections.includes(section) ? { section, from, to } : null;
}

export async function students(viewer, { section, from, to }) {
  const seen = [viewer.oversees, viewer.pupils];
  const found = await rows(viewer.school_id, "students", [...seen, section, from, to]);
  return found.map((row) => ({ id: id("Student", viewer, row.id), fullName: row.full_name }));
}

export async function lessons(viewer, { section, from, to }) {
  const found = await rows(viewer.school_id, "lessons", [section, from, to]);
  return found.map((row) => ({ ...row, key: row.id, id: id("Lesson", viewer, row.id) }));
}

/** For each lesson what marks are given for in it. */
export async function assignmentsOf(viewer, lessons) {
  const found = await rows(viewer.school_id, "assignments", [lessons.map((lesson) => lesson.key)]);
  const by = Map.groupBy(found, (row) => row.lesson_id);
  const assignment = (row) => ({ ...row, id: id("Assignment", viewer, row.id) });
  return lessons.map((lesson) => (by.get(lesson.key) ?? []).map(assignment));
}

export async function cells(viewer, { section, from, to }) {
  const made = [];
  let lesson, student, cell;
  const found = await rows(viewer.school_id, "cells", [...reach(viewer), section, from, to]);
  for (const row of found) {
    if (row.lesson_id !== lesson || row.student_id !== student) {
      [lesson, student] = [row.lesson_id, row.student_id];
      cell = {
        lessonId: id("Lesson", viewer, lesson),
        studentId: id("Student", viewer, student),
        marks: [],
        attendance: row.code && { code: row.code },
      };
      made.push(cell);
    }
    if (row.kind) cell.marks.push({ value: row.value, kind: row.kind });
  }
  return made;
}

export async function classAverages(viewer, { schoolClassId, termId }) {
  needs(viewer, "marks:read");
  const given = [key(viewer, schoolClassId), key(viewer, termId)];
  if (!viewer.oversees && !viewer.classes.includes(given[0])) return null;
  const seen = [...reach(viewer), viewer.pupils];
  const [[names], found] = await Promise.all([
    rows(viewer.school_id, "class_and_term", given),
    rows(viewer.school_id, "class_averages", [...seen, ...given]),
  ]);
  const made = [];
  for (const row of found) {
    const studentId = id("Student", viewer, row.student_id);
    if (made.at(-1)?.studentId !== studentId)
      made.push({ studentId, fullName: row.full_name, averages: [] });
    made.at(-1).averages.push({
      subject: { name: row.subject_name },
      weightedAverage: row.weighted_average,
      markCount: row.mark_count,
    });
  }
  return names && { schoolClass: { name: names.class_name }, term: { name: names.term_name }, rows: made };
}
