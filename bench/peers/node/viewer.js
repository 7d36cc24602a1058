// Who asks, remembered for five seconds.
import { createHash } from "node:crypto";
import { rows } from "./database.js";

const KEPT = 5000;
const known = new Map();

export function viewerOf(authorization) {
  const token = authorization?.startsWith("Bearer ") ? authorization.slice(7) : "";
  const found = known.get(token);
  if (found && found.until > Date.now()) return found.viewer;
  const viewer = identify(token);
  known.set(token, { viewer, until: Date.now() + KEPT });
  viewer.catch(() => known.delete(token));
  return viewer;
}

async function identify(token) {
  const school = Number(token.split(".")[0]);
  if (!school) throw new Error("UNAUTHENTICATED");
  const hash = createHash("sha256").update(token).digest();
  const [viewer] = await rows(school, "viewer", [hash]);
  if (!viewer) throw new Error("UNAUTHENTICATED");
  return { ...viewer, may: new Set(viewer.rights) };
}

export const needs = (viewer, right) => {
  if (!viewer.may.has(right)) throw new Error("FORBIDDEN");
};
/** What decides whose journal one sees, in the order the statements take it. */
export const reach = (viewer) => [viewer.oversees, viewer.taught, viewer.wards, viewer.family];

export const id = (type, viewer, key) => `${type}:${viewer.school_id}-${key}`;
/** The key in an id of the viewer's school; 0 is nobody's. */
export function key(viewer, text) {
  const [school, number] = text.split(":")[1].split("-");
  return Number(school) === viewer.school_id ? Number(number) : 0;
}
