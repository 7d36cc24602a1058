// Where schema.graphql does not follow a linter, and why. An exception that excepts nothing is an
// error: remove it.
import { isObjectType } from "graphql";

/** Rules of graphql-schema-linter that are not applied. */
export const notApplied = {
  "type-fields-sorted-alphabetically":
    "Fields stand in the order in which people read them: the id, the name, what follows from it.",
  "input-object-fields-sorted-alphabetically":
    "Arguments stand in the order in which a form asks for them.",
  "enum-values-sorted-alphabetically":
    "Values stand in their own order: days of a week, steps of a workflow, roles.",
};

/** Options of rules of @graphql-eslint. */
export const options = (schema) => ({
  // Bounded lists are plain by policy (R2): a week's lessons, the marks of a lesson.
  "@graphql-eslint/relay-edge-types": { listTypeCanWrapOnlyEdgeType: false },
  // Only entities have an id (R1). Reports, payloads and pages are kept inside what gives them;
  // /schema/graphcache-keys.json lists them for caches.
  "@graphql-eslint/strict-id-in-types": {
    exceptions: { types: withoutIdentity(schema) },
  },
});

/** Single findings, by rule and message. */
export const excepted = [
  {
    rule: "@graphql-eslint/naming-convention",
    message: 'Type "AssignmentType" should not have "Type" suffix',
    reason: "The school's word: a kind of work (вид работы), which the school defines.",
  },
  {
    rule: "@graphql-eslint/naming-convention",
    message: 'Type "TermType" should not have "Type" suffix',
    reason: "The school's word: quarters, trimesters or half-years.",
  },
  {
    rule: "@graphql-eslint/no-typename-prefix",
    message: 'Field "assignmentType" starts with the name of the parent type "Assignment"',
    reason: "It leads to `AssignmentType`; `type` alone would be taken for an enum.",
  },
  {
    rule: "@graphql-eslint/no-typename-prefix",
    message: 'Field "termType" starts with the name of the parent type "Term"',
    reason: "It leads to `TermType`.",
  },
  {
    rule: "@graphql-eslint/no-typename-prefix",
    message: 'Field "holidaySet" starts with the name of the parent type "Holiday"',
    reason: "It leads to `HolidaySet`, of which the day is one.",
  },
];

function withoutIdentity(schema) {
  const isEntity = (type) => type.getInterfaces().some(({ name }) => name === "Node");
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return types.filter((type) => !isEntity(type) && !type.getFields().id).map(({ name }) => name);
}
