// Fields that PostGraphile cannot make by itself, and the conditions of the viewer's rights.
import { randomUUID } from "node:crypto";
import { access, context, lambda, object, sideEffect } from "postgraphile/grafast";
import { listOfCodec, TYPES } from "postgraphile/@dataplan/pg";
import { extendSchema, wrapPlans } from "postgraphile/utils";

const IDS = listOfCodec(TYPES.bigint);
const CODECS = {
  oversees: TYPES.boolean,
  family: TYPES.boolean,
  school_id: TYPES.bigint,
  person_id: TYPES.bigint,
  role: TYPES.text,
};
const $of = (name) => access(context().get("viewer"), name);

/** For those who oversee the noticeboard. */
export const readCounts = wrapPlans({
  Notice: {
    readCount: (plan) => lambda([plan(), $of("oversees")], ([count, may]) => (may ? count : null), true),
  },
});

export const fields = extendSchema((build) => {
  const { sql, pgResources: tables } = build;
  /** What is known of the viewer, as a parameter. */
  const viewer = ($rows, name) => $rows.placeholder($of(name), CODECS[name] ?? IDS);
  const given = ($rows, $value, codec = TYPES.bigint) => $rows.placeholder($value, codec);

  /** Rows of the viewer's school. */
  function rowsOf(table, equal = {}) {
    const $rows = table.find(equal);
    $rows.where(sql`${$rows.alias}.school_id = ${viewer($rows, "school_id")}`);
    return $rows;
  }
  function only($rows, condition) {
    $rows.where(condition($rows.alias, (name) => viewer($rows, name)));
    return $rows;
  }
  const ordered = ($rows, ...attributes) => {
    for (const [attribute, direction = "ASC"] of attributes) $rows.orderBy({ attribute, direction });
    $rows.setOrderIsUnique();
    return $rows;
  };
  /** A student's journal: their own family's, of sections one teaches, or all. */
  const journalOf = (row, v) => sql`(${v("oversees")} or ${row}.section_id = any(${v("taught")})
    or ${row}.student_id = any(${v("wards")}))`;
  const markOf = (row, v) => sql`(${row}.withdrawn_at is null and (${v("oversees")}
    or ${row}.section_id = any(${v("taught")}) or ${row}.student_id = any(${v("wards")})
      and (not ${v("family")} or ${row}.published_at <= now())))`;
  const standing = (row) => sql`(${row}.withdrawn_at is null and ${row}.visible_from <= now()
    and (${row}.visible_until is null or ${row}.visible_until > now()))`;
  const addressed = (row, v) => sql`exists (
    select from notice_targets t where t.school_id = ${row}.school_id and t.notice_id = ${row}.id
      and (t.person_id = ${v("person_id")}
        or case when ${v("family")} then t.to_guardians else t.to_staff end
          and (t.kind = 'SCHOOL' or t.school_class_id = any(${v("classes")})
            or t.section_id = any(${v("addressed")}) or t.grade_level = any(${v("grades")}))))`;
  const readBy = (row, person) => sql`exists (select from notice_receipts r
    where r.school_id = ${row}.school_id and r.notice_id = ${row}.id and r.person_id = ${person})`;

  /** What a function of the database is told: who asks and what for. */
  const parameters = (names, steps) => [
    ...names.split(" ").map((name) => ({ step: $of(name), pgCodec: CODECS[name] ?? IDS })),
    ...steps.map((step) => ({ step, pgCodec: TYPES.bigint })),
  ];
  const told = (function_, names, ...steps) => function_.execute(parameters(names, steps));

  function betweenDays($rows, $from, $to) {
    const [from, to] = [given($rows, $from, TYPES.date), given($rows, $to, TYPES.date)];
    $rows.where(sql`${$rows.alias}.date between ${from} and ${to}`);
    return $rows;
  }

  return {
    typeDefs: /* GraphQL */ `
      extend type Query {
        school: School
        diary(studentId: BigInt!, from: Date!, to: Date!): [DiaryLesson!]
        students(sectionId: BigInt!, from: Date!, to: Date!): [Student!]
        lessons(sectionId: BigInt!, from: Date!, to: Date!): [Lesson!]
        notices(first: Int!): [Notice!]
        mailbox(first: Int!): [MailCopy!]
        unreadCounts: UnreadCount
        schoolClass(id: BigInt!): SchoolClass
        term(id: BigInt!): Term
        classAverages(schoolClassId: BigInt!, termId: BigInt!): [ClassAverage!]
      }
      extend type Mutation {
        setMark(assignmentId: BigInt!, studentId: BigInt!, value: BigInt!, version: BigInt): SetMarkPayload
      }
      type SetMarkPayload { mark: Mark userErrors: [String!]! }
      extend type DiaryLesson { marks: [Mark!]! }
      extend type Lesson { marks: [Mark!]! attendance: [AttendanceRecord!]! }
      extend type Notice { isRead: Boolean! }
    `,
    objects: {
      Query: {
        plans: {
          school: () => tables.schools.get({ id: $of("school_id") }),
          diary(_, { $studentId, $from, $to }) {
            const $rows = rowsOf(tables.diary_lesson, { student_id: $studentId });
            betweenDays(only($rows, journalOf), $from, $to);
            return ordered($rows, ["date"], ["starts_at"], ["id"]);
          },
          students(_, { $sectionId, $from, $to }) {
            const $rows = rowsOf(tables.students);
            only($rows, (row, v) => sql`(${v("oversees")} or ${row}.id = any(${v("pupils")}))`);
            const [from, to] = [given($rows, $from, TYPES.date), given($rows, $to, TYPES.date)];
            $rows.where(sql`${$rows.alias}.id in (select m.student_id from section_memberships m
              where m.school_id = ${$rows.alias}.school_id and m.section_id = ${given($rows, $sectionId)}
                and m.valid_from <= ${to} and (m.valid_to is null or m.valid_to > ${from}))`);
            const name = sql`(select p.sort_key from persons p
              where p.school_id = ${$rows.alias}.school_id and p.id = ${$rows.alias}.person_id)`;
            $rows.orderBy({ fragment: name, codec: TYPES.text, direction: "ASC" });
            return ordered($rows, ["id"]);
          },
          lessons(_, { $sectionId, $from, $to }) {
            const $rows = rowsOf(tables.lessons, { section_id: $sectionId });
            only($rows, (row, v) => sql`${v("oversees")} or ${row}.section_id = any(${v("sections")})`);
            return ordered(betweenDays($rows, $from, $to), ["date"], ["starts_at"], ["id"]);
          },
          notices(_, { $first }) {
            const $rows = rowsOf(tables.notices);
            only($rows, (row, v) => sql`${standing(row)} and (${v("oversees")}
              or ${row}.author_id = ${v("person_id")} or ${addressed(row, v)})`);
            $rows.setFirst($first);
            return ordered($rows, ["is_pinned", "DESC"], ["visible_from", "DESC"], ["id"]);
          },
          mailbox(_, { $first }) {
            const $rows = rowsOf(tables.mail_copies);
            only($rows, (row, v) => sql`${row}.person_id = ${v("person_id")} and ${row}.folder = 'INBOX'`);
            $rows.setFirst($first);
            return ordered($rows, ["at", "DESC"], ["id"]);
          },
          unreadCounts: () =>
            told(tables.count_unread, "school_id person_id family classes addressed grades"),
          schoolClass: (_, { $id }) =>
            only(rowsOf(tables.school_classes, { id: $id }), (row, v) =>
              sql`(${v("oversees")} or ${row}.id = any(${v("classes")}))`).single(),
          term: (_, { $id }) => tables.terms.get({ school_id: $of("school_id"), id: $id }),
          classAverages: (_, { $schoolClassId, $termId }) =>
            told(tables.class_averages, "school_id oversees taught wards family pupils",
              $schoolClassId, $termId),
        },
      },
      Mutation: {
        plans: {
          setMark(_, { $assignmentId, $studentId, $value, $version }) {
            const asked = [$assignmentId, $studentId, $value, $version];
            const $request = sideEffect([], () => randomUUID().replaceAll("-", ""));
            const names = "school_id person_id role taught wards";
            const $mark = tables.put_mark.execute(
              [...parameters(names, asked), { step: $request, pgCodec: TYPES.text }], "mutation");
            return object({ mark: $mark });
          },
        },
      },
      SetMarkPayload: {
        plans: {
          userErrors: ($payload) =>
            lambda($payload.get("mark").get("id"), (id) => (id == null ? ["CONFLICT"] : []), true),
        },
      },
      DiaryLesson: {
        plans: {
          marks: ($lesson) =>
            ordered(only(tables.marks.find({
              school_id: $lesson.get("school_id"),
              lesson_id: $lesson.get("id"),
              student_id: $lesson.get("student_id"),
            }), markOf), ["id"]),
        },
      },
      Lesson: {
        plans: {
          marks: ($lesson) =>
            ordered(only(tables.marks.find({
              school_id: $lesson.get("school_id"),
              lesson_id: $lesson.get("id"),
            }), markOf), ["id"]),
          attendance: ($lesson) =>
            ordered(only(tables.attendance_records.find({
              school_id: $lesson.get("school_id"),
              lesson_id: $lesson.get("id"),
            }), journalOf), ["id"]),
        },
      },
      Notice: {
        plans: {
          isRead($notice) {
            const $receipt = tables.notice_receipts.get({
              school_id: $notice.get("school_id"),
              notice_id: $notice.get("id"),
              person_id: $of("person_id"),
            });
            return lambda($receipt.get("id"), (id) => id != null, true);
          },
        },
      },
    },
  };
});
