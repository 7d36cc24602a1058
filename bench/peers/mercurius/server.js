// Mercurius on Fastify, compiled by graphql-jit, with its loaders for relations.
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import mercurius from "mercurius";
import * as attendance from "../node/attendance.js";
import * as board from "../node/board.js";
import * as journal from "../node/journal.js";
import * as mail from "../node/mail.js";
import * as marks from "../node/marks.js";
import { viewerOf } from "../node/viewer.js";

const root = (ask) => (_, given, { viewer }) => ask(viewer, given);
const below = (ask) => (parent, _, { viewer }) => ask(viewer, parent);
/** Each row is itself its key, so nothing is gained by remembering what was loaded for it. */
const batch = (ask) => ({
  loader: (queries, { viewer }) => ask(viewer, queries.map(({ obj }) => obj)),
  opts: { cache: false },
});

const resolvers = {
  Query: {
    school: root(board.school),
    diary: root(journal.diary),
    journal: root(journal.journal),
    notices: root(board.notices),
    mailbox: root(board.mailbox),
    unreadCounts: root(board.unreadCounts),
    classAverages: root(journal.classAverages),
  },
  Mutation: {
    setMark: root(marks.setMark),
    confirmAllPresent: root(attendance.confirmAllPresent),
    sendMail: root(mail.sendMail),
  },
  Journal: {
    students: below(journal.students),
    lessons: below(journal.lessons),
    cells: below(journal.cells),
  },
};

const loaders = {
  DiaryLesson: { marks: batch(journal.marksOf), attendance: batch(journal.attendanceOf) },
  Lesson: { assignments: batch(journal.assignmentsOf) },
  Notice: { readCount: batch(board.readCountsOf), attachments: batch(board.attachmentsOf) },
};

const app = Fastify();
await app.register(mercurius, {
  schema: readFileSync(new URL("../schema.graphql", import.meta.url), "utf8"),
  resolvers,
  loaders,
  jit: 1,
  context: async (request) => ({ viewer: await viewerOf(request.headers.authorization) }),
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
