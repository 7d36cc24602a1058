// Apollo Client, against a live server.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type ApolloClient, CombinedGraphQLErrors, gql } from '@apollo/client'

import { createApollo } from '../apollo/client.ts'
import { changeMark, readCard, readWeek, watchJournal, watchNotices } from '../apollo/school.ts'
import type { NoticesQuery } from '../generated/graphql.ts'
import { codesOf } from '../codes.ts'
import { closeLater, endLater } from './closing.ts'
import { Inbox, untilHeard } from './inbox.ts'
import { openLine } from './line.ts'
import * as people from './people.ts'

const VIEWER = gql`{ viewer { fullName } }`
const SHOWN = gql`fragment Shown on Mark { id value version comment }`

async function clientOf(login: string, options = {}): Promise<ApolloClient> {
  const client = createApollo(await people.signIn(login), options)
  closeLater(() => client.stop())
  return client
}

/** All values that the cache has for a mark, one after another. */
function valuesOf(client: ApolloClient, { id }: people.Mark): number[] {
  const values: number[] = []
  const from = { __typename: 'Mark', id }
  const watched = client.watchFragment<people.Mark>({ fragment: SHOWN, from })
  const subscription = watched.subscribe(({ data }) => {
    if (data.value && data.value !== values.at(-1)) values.push(data.value)
  })
  endLater(subscription)
  return values
}

test('a mother reads the week of her child', async () => {
  const { cell, date, mark } = await people.newMark(await people.signIn(people.TEACHER))
  const { data } = await readWeek(await clientOf(people.MOTHER), cell.studentId, date)
  const lessons = data?.diary?.days.find((day) => day.date === date)?.lessons ?? []
  assert.ok(lessons.some(({ marks }) => marks?.some(({ id }) => id === mark.id)))
})

test('requests with a spent token are repeated after one renewal', async () => {
  const client = createApollo(await people.withSpentToken(people.MOTHER))
  closeLater(() => client.stop())
  const renewals = people.countRenewals()
  const queries = ['a', 'b', 'c'].map((name) => gql`query { ${name}: viewer { fullName } }`)
  const results = await Promise.all(queries.map((query) => client.query({ query })))
  assert.ok(results.every(({ data }) => data))
  assert.equal(renewals(), 1)
})

test('notices grow page by page', async () => {
  const watched = watchNotices(await clientOf(people.MOTHER), 1)
  const seen = new Inbox<NonNullable<NoticesQuery['notices']>>()
  endLater(
    watched.subscribe(({ data, dataState }) => {
      if (dataState === 'complete' && data.notices) seen.put(data.notices)
    }),
  )
  const { pageInfo } = await seen.find(({ nodes }) => nodes.length === 1)
  await watched.fetchMore({ variables: { after: pageInfo.endCursor ?? null } })
  const { nodes } = await seen.find(({ nodes }) => nodes.length === 2)
  assert.notEqual(nodes[0]?.id, nodes[1]?.id)
})

test('a mark changes at once, and the cache has what the server says', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell, date } = await people.newMark(session)
  const client = createApollo(session)
  closeLater(() => client.stop())
  await readWeek(client, cell.studentId, date)
  const values = valuesOf(client, mark)
  const answered = changeMark(client, mark, { ...cell, value: 4 })
  assert.equal(values.at(-1), 4)
  await answered
  assert.deepEqual(values, [5, 4])
  assert.equal(read(client, mark)?.version, mark.version + 1)
})

test('after a conflict the cache has the mark of the other', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(session)
  await people.setMark(session, { ...cell, value: 2, expectedVersion: mark.version })
  const client = createApollo(session)
  closeLater(() => client.stop())
  const values = valuesOf(client, mark)
  const { data } = await changeMark(client, mark, { ...cell, value: 4 })
  assert.equal(data?.setMark?.userErrors[0]?.code, 'CONFLICT')
  assert.equal(read(client, mark)?.value, 2)
  assert.deepEqual(values, [4, 2])
})

test('what one may not see is null beside the rest', async () => {
  const session = await people.signIn(people.MOTHER)
  const client = createApollo(session)
  closeLater(() => client.stop())
  const { data, error } = await readCard(client, await people.childOf(session))
  assert.ok(CombinedGraphQLErrors.is(error))
  assert.deepEqual(codesOf(error.errors), ['FORBIDDEN'])
  assert.equal(data?.student?.identity?.snils, null)
  assert.ok(data?.student?.identity?.snilsMasked)
})

test('live events go on after a cut', async () => {
  const teacher = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(teacher)
  const line = await openLine()
  const client = createApollo(await people.signIn(people.MOTHER, undefined, line.url))
  closeLater(() => client.stop(), () => line.close())
  const inbox = new Inbox<number | null | undefined>()
  const subscription = watchJournal(client, cell.studentId).subscribe(({ data }) => {
    const event = data?.journalEvents
    if (event?.__typename === 'JournalEvent' && event.node?.__typename === 'Mark')
      if (event.node.id === mark.id) inbox.put(event.node.value)
  })
  endLater(subscription)
  const change = people.changing(teacher, cell, mark)
  await untilHeard(() => change(4), inbox.find((value) => value === 4))
  line.cut()
  await change(3)
  line.mend()
  await inbox.find((value) => value === 3)
  assert.equal(read(client, mark)?.value, 3)
})

for (const options of [
  { useGETForQueries: true },
  { persisted: true },
  { persisted: true, useGETForQueries: true },
])
  test(`queries work with ${JSON.stringify(options)}`, async () => {
    const client = await clientOf(people.MOTHER, options)
    for (const fetchPolicy of ['network-only', 'network-only'] as const) {
      const { data } = await client.query({ query: VIEWER, fetchPolicy })
      assert.ok((data as any).viewer.fullName)
    }
  })

const read = (client: ApolloClient, { id }: people.Mark) =>
  client.cache.readFragment<people.Mark>(
    { fragment: SHOWN, id: `Mark:${id}` })
