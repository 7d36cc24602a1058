// What a page does with the API, by Apollo Client.
import type { ApolloClient } from '@apollo/client'

import { DIARY, JOURNAL_EVENTS, NOTICES, SET_MARK, STUDENT_CARD } from '../documents.ts'
import type { SetMarkInput, SetMarkMutation } from '../generated/graphql.ts'

type Mark = NonNullable<NonNullable<SetMarkMutation['setMark']>['mark']>

/** The week that begins with `from`; else this week. */
export const readWeek = (client: ApolloClient, studentId: string, from?: string) =>
  client.query({ query: DIARY, variables: { studentId, from } })

/** Call `fetchMore({ variables: { after: endCursor } })` on it for the next page. */
export const watchNotices = (client: ApolloClient, first = 20) =>
  client.watchQuery({ query: NOTICES, variables: { first } })

/** Everything that shows the mark shows the new value at once. After a `CONFLICT` the answer has
 * the mark as it is now, and the cache follows. */
export const changeMark = (
  client: ApolloClient,
  shown: Mark,
  input: SetMarkInput & { value: number },
) =>
  client.mutate({
    mutation: SET_MARK,
    variables: { input: { ...input, expectedVersion: shown.version } },
    optimisticResponse: {
      setMark: {
        __typename: 'SetMarkPayload',
        mark: { ...shown, __typename: 'Mark', value: input.value },
        userErrors: [],
      },
    } as SetMarkMutation,
  })

/** `errorPolicy: 'all'` keeps what came beside a `FORBIDDEN`. */
export const readCard = (client: ApolloClient, studentId: string) =>
  client.query({ query: STUDENT_CARD, variables: { studentId }, errorPolicy: 'all' })

export const watchJournal = (client: ApolloClient, studentId: string) =>
  client.subscribe({ query: JOURNAL_EVENTS, variables: { studentId } })
