// urql with its defaults, against a live server.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'

import { type Client, gql } from '@urql/core'

import { codesOf } from '../codes.ts'
import { createUrql } from '../urql/client.ts'
import { changeMark, readCard, readNotices, readWeek, watchJournal } from '../urql/school.ts'
import { closeLater, endLater } from './closing.ts'
import { schemaFacts } from './facts.ts'
import { Inbox, untilHeard } from './inbox.ts'
import { openLine } from './line.ts'
import * as people from './people.ts'

const MARK = gql`query Mark($id: ID!) { node(id: $id) { ... on Mark { id value version comment } } }`

let facts: Awaited<ReturnType<typeof schemaFacts>>
before(async () => {
  facts = await schemaFacts()
  console.warn = (text) => assert.fail(text) // graphcache warns of what it cannot keep
})

const clientOf = async (login: string) => createUrql(await people.signIn(login), facts)

/** All values that the cache has for a mark, one after another. */
async function valuesOf(client: Client, { id }: people.Mark): Promise<Inbox<number>> {
  const values = new Inbox<number>()
  await client.query(MARK, { id }).toPromise()
  const subscription = client.query(MARK, { id }).subscribe(({ data }) => {
    const value = data?.node?.value
    if (value && value !== values.heard.at(-1)) values.put(value)
  })
  endLater(subscription)
  return values
}

test('a mother reads the week of her child', async () => {
  const { cell, date, mark } = await people.newMark(await people.signIn(people.TEACHER))
  const { data, error } = await readWeek(await clientOf(people.MOTHER), cell.studentId, date)
  assert.equal(error, undefined)
  const lessons = data?.diary?.days.find((day) => day.date === date)?.lessons ?? []
  assert.ok(lessons.some(({ marks }) => marks?.some(({ id }) => id === mark.id)))
})

test('requests with a spent token are repeated after one renewal', async () => {
  const client = createUrql(await people.withSpentToken(people.MOTHER), facts)
  const renewals = people.countRenewals()
  const queries = ['a', 'b', 'c'].map((name) => `query { ${name}: viewer { fullName } }`)
  const results = await Promise.all(queries.map((query) => client.query(query, {})))
  assert.ok(results.every(({ data, error }) => data && !error))
  assert.equal(renewals(), 1)
})

test('notices grow page by page', async () => {
  const client = await clientOf(people.MOTHER)
  const { data } = await readNotices(client, 1)
  const more = await readNotices(client, 1, data?.notices?.pageInfo.endCursor ?? null)
  const ids = more.data!.notices!.nodes.map(({ id }) => id)
  assert.equal(new Set(ids).size, 2)
})

test('a mark changes at once, and the cache has what the server says', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(session)
  const client = createUrql(session, facts)
  const values = await valuesOf(client, mark)
  const release = people.holdRequests()
  const answered = changeMark(client, mark, { ...cell, value: 4 }).toPromise()
  await values.find((value) => value === 4)
  release()
  await answered
  assert.deepEqual(values.heard, [5, 4])
  assert.equal(client.readQuery(MARK, { id: mark.id })?.data.node.version, mark.version + 1)
})

test('after a conflict the cache has the mark of the other', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(session)
  const client = createUrql(session, facts)
  const values = await valuesOf(client, mark)
  await people.setMark(session, { ...cell, value: 2, expectedVersion: mark.version })
  const { data } = await changeMark(client, mark, { ...cell, value: 4 })
  assert.equal(data?.setMark?.userErrors[0]?.code, 'CONFLICT')
  assert.deepEqual(values.heard, [5, 4, 2])
})

test('what one may not see is null beside the rest', async () => {
  const session = await people.signIn(people.MOTHER)
  const { data, error } = await readCard(createUrql(session, facts), await people.childOf(session))
  assert.deepEqual(codesOf(error?.graphQLErrors), ['FORBIDDEN'])
  assert.equal(data?.student?.identity?.snils, null)
  assert.ok(data?.student?.identity?.snilsMasked)
})

test('live events go on after a cut, and the cache follows', async () => {
  const teacher = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(teacher)
  const line = await openLine()
  const client = createUrql(await people.signIn(people.MOTHER, undefined, line.url), facts)
  const values = await valuesOf(client, mark)
  const inbox = new Inbox<number | null | undefined>()
  const subscription = watchJournal(client, cell.studentId).subscribe(({ data }) => {
    const event = data?.journalEvents
    if (event?.__typename === 'JournalEvent' && event.node?.__typename === 'Mark')
      if (event.node.id === mark.id) inbox.put(event.node.value)
  })
  endLater(subscription)
  closeLater(() => line.close())
  const change = people.changing(teacher, cell, mark)
  await untilHeard(() => change(4), inbox.find((value) => value === 4))
  line.cut()
  await change(3)
  line.mend()
  await inbox.find((value) => value === 3)
  assert.deepEqual(values.heard, [5, 4, 3])
})
