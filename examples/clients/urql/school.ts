// What a page does with the API, by urql.
import type { Client } from '@urql/core'

import { DIARY, JOURNAL_EVENTS, NOTICES, SET_MARK, STUDENT_CARD } from '../documents.ts'
import type { SetMarkInput, SetMarkMutation } from '../generated/graphql.ts'
import type { Change } from './client.ts'

export type Mark = NonNullable<NonNullable<SetMarkMutation['setMark']>['mark']>

/** The week that begins with `from`; else this week. */
export const readWeek = (client: Client, studentId: string, from?: string) =>
  client.query(DIARY, { studentId, from })

/** Asked with the `endCursor` of a page, the cache gives all pages up to the next. */
export const readNotices = (client: Client, first = 20, after: string | null = null) =>
  client.query(NOTICES, { first, after })

/** Everything that shows the mark shows the new value at once. After a `CONFLICT` the answer has
 * the mark as it is now, and the cache follows. */
export function changeMark(client: Client, shown: Mark, input: SetMarkInput & { value: number }) {
  const change: Change = { input: { ...input, expectedVersion: shown.version }, shown }
  return client.mutation(SET_MARK, change)
}

/** `data` and `error` may come together: `error.graphQLErrors` says what is FORBIDDEN. */
export const readCard = (client: Client, studentId: string) =>
  client.query(STUDENT_CARD, { studentId })

export const watchJournal = (client: Client, studentId: string) =>
  client.subscription(JOURNAL_EVENTS, { studentId })
