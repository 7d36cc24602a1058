// What a page does with the API, by `fetch` alone.
import { DIARY, NOTICES, SET_MARK, STUDENT_CARD } from '../documents.ts'
import type { NoticesQuery, SetMarkInput, SetMarkMutation } from '../generated/graphql.ts'
import type { Reply, Session } from '../session.ts'
import { request } from './client.ts'

type Notices = NonNullable<NoticesQuery['notices']>
type Mark = NonNullable<NonNullable<SetMarkMutation['setMark']>['mark']>
type SetMarkError = NonNullable<SetMarkMutation['setMark']>['userErrors'][number]

/** The week that begins with `from`; else this week. */
export async function readWeek(session: Session, studentId: string, from?: string) {
  const { data } = await request(session, DIARY, { studentId, from })
  return data?.diary?.days ?? []
}

/** All notices, page by page. */
export async function* readNotices(session: Session, first = 20): AsyncGenerator<Notices['nodes']> {
  let after: string | null = null
  do {
    const reply: Reply<NoticesQuery> = await request(session, NOTICES, { first, after })
    const page = reply.data?.notices
    if (!page) return
    yield page.nodes
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null
  } while (after)
}

/** Shows the new value at once, and the true one when the server has answered: after a `CONFLICT`
 * that is the mark which somebody else set meanwhile. */
export async function changeMark(
  session: Session,
  shown: Mark,
  input: SetMarkInput & { value: number },
  show: (mark: Mark) => void,
): Promise<SetMarkError[]> {
  show({ ...shown, value: input.value })
  const { data } = await request(session, SET_MARK, {
    input: { ...input, expectedVersion: shown.version },
  })
  show(data?.setMark?.mark ?? shown)
  return data?.setMark?.userErrors ?? []
}

/** `snils` is null for who may not read it; the rest of the card is there. */
export function readCard(session: Session, studentId: string) {
  return request(session, STUDENT_CARD, { studentId })
}
