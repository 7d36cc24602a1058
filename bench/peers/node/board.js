// The school, its noticeboard and one's mail.
import { rows } from "./database.js";
import { id, needs } from "./viewer.js";

export async function school(viewer) {
  needs(viewer, "school:read");
  const [row] = await rows(viewer.school_id, "school", []);
  return { shortName: row.short_name, timeZone: row.time_zone };
}

/** Whom notices for the viewer may name. */
const addressed = (viewer) => [viewer.family, viewer.classes, viewer.addressed, viewer.grades];

export async function notices(viewer, { first = 20 }) {
  needs(viewer, "notices:read");
  const given = [viewer.person_id, viewer.oversees, ...addressed(viewer), first];
  const nodes = (await rows(viewer.school_id, "notices", given)).map((row) => ({
    key: row.id,
    id: id("Notice", viewer, row.id),
    title: row.title,
    body: row.body,
    visibleFrom: row.visible_from,
    isPinned: row.is_pinned,
    authorName: row.author_name,
    isRead: row.is_read,
  }));
  return { nodes };
}

const keys = (notices) => notices.map((notice) => notice.key);

/** For each notice how many have read it: for those who oversee the noticeboard. */
export async function readCountsOf(viewer, notices) {
  needs(viewer, "notices:publish");
  if (!viewer.oversees) return notices.map(() => null);
  const found = await rows(viewer.school_id, "read_counts", [keys(notices)]);
  const by = new Map(found.map((row) => [row.notice_id, row.read_count]));
  return notices.map((notice) => by.get(notice.key) ?? 0);
}

/** For each notice the files that belong to it. */
export async function attachmentsOf(viewer, notices) {
  const found = await rows(viewer.school_id, "attachments", [keys(notices)]);
  const by = Map.groupBy(found, (row) => row.notice_id);
  const file = (row) => ({ fileName: row.file_name, mediaType: row.media_type, size: row.size });
  return notices.map((notice) => (by.get(notice.key) ?? []).map(file));
}

export async function mailbox(viewer, { first = 20 }) {
  needs(viewer, "mail:use");
  const nodes = (await rows(viewer.school_id, "mailbox", [viewer.person_id, first])).map((row) => ({
    id: id("MailCopy", viewer, row.id),
    at: row.at,
    readAt: row.read_at,
    message: { subject: row.subject, senderName: row.sender_name },
  }));
  return { nodes };
}

export async function unreadCounts(viewer) {
  const given = [viewer.person_id, ...addressed(viewer)];
  return (await rows(viewer.school_id, "unread_counts", given))[0];
}
