// What a page does with the API, by Relay. `npx relay-compiler` makes the types.
import {
  commitMutation,
  type Environment,
  fetchQuery,
  graphql,
  requestSubscription,
} from 'relay-runtime'

import type { schoolCardQuery } from './__generated__/schoolCardQuery.graphql.ts'
import type { schoolDiaryQuery } from './__generated__/schoolDiaryQuery.graphql.ts'
import type {
  schoolJournalSubscription,
  schoolJournalSubscription$data,
} from './__generated__/schoolJournalSubscription.graphql.ts'
import type {
  schoolSetMarkMutation,
  schoolSetMarkMutation$data,
  SetMarkInput,
} from './__generated__/schoolSetMarkMutation.graphql.ts'

export type Payload = NonNullable<schoolSetMarkMutation$data['setMark']>
type Mark = NonNullable<Payload['mark']>

/** The week that begins with `from`; else this week. */
export const readWeek = (relay: Environment, studentId: string, from?: string) =>
  fetchQuery<schoolDiaryQuery>(
    relay,
    graphql`
      query schoolDiaryQuery($studentId: ID!, $from: Date) {
        diary(studentId: $studentId, from: $from) {
          days {
            date
            lessons {
              startsAt
              subject { name }
              marks { id value version }
            }
          }
        }
      }
    `,
    { studentId, from },
  ).toPromise()

/** Everything that shows the mark shows the new value at once. After a `CONFLICT` the answer has
 * the mark as it is now, and the store follows. */
export function changeMark(
  relay: Environment,
  shown: Mark,
  input: SetMarkInput & { value: number },
): Promise<Payload | null | undefined> {
  return new Promise((resolve, reject) =>
    commitMutation<schoolSetMarkMutation>(relay, {
      mutation: graphql`
        mutation schoolSetMarkMutation($input: SetMarkInput!) @raw_response_type {
          setMark(input: $input) {
            mark { id value version comment }
            userErrors { code message }
          }
        }
      `,
      variables: { input: { ...input, expectedVersion: shown.version } },
      optimisticResponse: { setMark: { mark: { ...shown, value: input.value }, userErrors: [] } },
      onCompleted: ({ setMark }) => resolve(setMark),
      onError: reject,
    }),
  )
}

/** `snils` is null for who may not read it; why, `onErrors` of the environment is told. */
export const readCard = (relay: Environment, studentId: string) =>
  fetchQuery<schoolCardQuery>(
    relay,
    graphql`
      query schoolCardQuery($studentId: ID!) {
        student(by: { id: $studentId }) {
          fullName
          identity {
            snilsMasked
            snils
          }
        }
      }
    `,
    { studentId },
  ).toPromise()

export function watchJournal(
  relay: Environment,
  studentId: string,
  onEvent: (event: schoolJournalSubscription$data['journalEvents']) => void,
  onError: (reason: unknown) => void,
): () => void {
  const { dispose } = requestSubscription<schoolJournalSubscription>(relay, {
    subscription: graphql`
      subscription schoolJournalSubscription($studentId: ID!, $after: String) {
        journalEvents(studentId: $studentId, after: $after) {
          __typename
          ... on JournalEvent {
            cursor
            kind
            node {
              ... on Mark { id value version comment }
            }
          }
          ... on EventsMissed { cursor reason }
        }
      }
    `,
    variables: { studentId },
    onNext: (event) => onEvent(event?.journalEvents),
    onError,
  })
  return dispose
}
