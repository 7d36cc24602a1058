// Apollo Server with a DataLoader for each relation of each request.
import { readFileSync } from "node:fs";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import * as attendance from "../node/attendance.js";
import * as board from "../node/board.js";
import * as journal from "../node/journal.js";
import * as mail from "../node/mail.js";
import * as marks from "../node/marks.js";
import { viewerOf } from "../node/viewer.js";

/** Root fields, and fields of a parent, of functions that take the viewer. */
const root = (ask) => (_, given, { viewer }) => ask(viewer, given);
const below = (ask) => (parent, _, { viewer }) => ask(viewer, parent);
const loaded = (name) => (parent, _, { loaders }) => loaders[name].load(parent);

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
  DiaryLesson: { marks: loaded("marks"), attendance: loaded("attendance") },
  Journal: {
    students: below(journal.students),
    lessons: below(journal.lessons),
    cells: below(journal.cells),
  },
  Lesson: { assignments: loaded("assignments") },
  Notice: { readCount: loaded("readCounts"), attachments: loaded("attachments") },
};

const BATCHES = {
  marks: journal.marksOf,
  attendance: journal.attendanceOf,
  assignments: journal.assignmentsOf,
  readCounts: board.readCountsOf,
  attachments: board.attachmentsOf,
};
const loadersOf = (viewer) =>
  Object.fromEntries(
    Object.entries(BATCHES).map(([name, batch]) => [name, new DataLoader((keys) => batch(viewer, keys))]),
  );

const typeDefs = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");
await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), {
  listen: { port: Number(process.env.PORT), host: "127.0.0.1" },
  context: async ({ req }) => {
    const viewer = await viewerOf(req.headers.authorization);
    return { viewer, loaders: loadersOf(viewer) };
  },
});
