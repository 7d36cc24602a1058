// Live events by `graphql-ws`, against a live server.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { print } from 'graphql'
import type { Client } from 'graphql-ws'

import { codesOf, type ToldError } from '../codes.ts'
import { JOURNAL_EVENTS } from '../documents.ts'
import type { JournalEventsSubscription } from '../generated/graphql.ts'
import { createEvents } from '../graphql-ws/events.ts'
import { closeLater } from './closing.ts'
import { Inbox, untilHeard } from './inbox.ts'
import { openLine } from './line.ts'
import * as people from './people.ts'

type Event = NonNullable<JournalEventsSubscription['journalEvents']>

/** The mother listens; the teacher changes a mark. */
async function listening() {
  const teacher = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(teacher)
  const line = await openLine()
  const pocket = new people.Pocket()
  const mother = await people.signIn(people.MOTHER, pocket, line.url)
  const client = createEvents(mother)
  closeLater(() => client.dispose(), () => line.close())
  const inbox = listen(client, cell.studentId)
  const change = people.changing(teacher, cell, mark)
  const heard = (value: number) => inbox.find((event) => valueOf(event, mark.id) === value)
  return { line, teacher, mother, pocket, inbox, change, heard }
}

function listen(client: Client, studentId: string): Inbox<Event> {
  const inbox = new Inbox<Event>()
  const payload = { query: print(JOURNAL_EVENTS), variables: { studentId } }
  client.subscribe<JournalEventsSubscription>(payload, {
    next: ({ data }) => inbox.put(data!.journalEvents!),
    error: (reason) => assert.fail(String(reason)),
    complete: () => {},
  })
  return inbox
}

function valueOf(event: Event, mark: string): number | null | undefined {
  if (event.__typename !== 'JournalEvent' || event.node?.__typename !== 'Mark') return undefined
  return event.node.id === mark ? event.node.value : undefined
}

test('a mother hears of a mark as it is set', async () => {
  const { change, heard } = await listening()
  const event = await untilHeard(() => change(4), heard(4))
  assert.equal(event.__typename === 'JournalEvent' && event.kind, 'MARK_SET')
})

test('nothing is lost while the line is cut, and nothing comes twice', async () => {
  const { line, teacher, inbox, change, heard } = await listening()
  await untilHeard(() => change(4), heard(4))
  line.cut()
  await change(3)
  const other = await people.newMark(teacher)
  line.mend()
  await heard(3)
  await inbox.find((event) => valueOf(event, other.mark.id) === 5)
  const cursors = inbox.heard.map(({ cursor }) => cursor)
  assert.equal(new Set(cursors).size, cursors.length)
})

test('a subscription outlives its access token', async () => {
  const { mother, pocket, change, heard } = await listening()
  await untilHeard(() => change(4), heard(4))
  const renewals = people.countRenewals()
  const spent = pocket.accessToken
  await mother.renew(spent) // the server closes the socket that was opened with it
  pocket.put({ accessToken: spent })
  await untilHeard(() => change(3), heard(3))
  await change(2)
  await heard(2)
  assert.ok(renewals() >= 1)
})

test('who asks of a child that is not theirs is refused by code', async () => {
  const client = createEvents(await people.signIn('student.ivanova'))
  closeLater(() => client.dispose())
  const refused = new Promise<readonly ToldError[]>((error) =>
    client.subscribe(
      { query: print(JOURNAL_EVENTS), variables: { studentId: 'Student:1-999999' } },
      { next: () => {}, error: error as never, complete: () => {} },
    ),
  )
  assert.deepEqual(codesOf(await refused), ['NOT_FOUND'])
})

test('queries run on the socket, too', async () => {
  const client = createEvents(await people.signIn(people.MOTHER))
  closeLater(() => client.dispose())
  for await (const { data } of client.iterate({ query: '{ viewer { role } }' }))
    assert.deepEqual(data, { viewer: { role: 'PARENT' } })
})

test('a mistake of ours is told, not tried again', async () => {
  const client = createEvents(await people.signIn(people.MOTHER))
  closeLater(() => client.dispose())
  const told = new Promise((error) =>
    client.subscribe({} as never, { next: () => {}, error, complete: () => {} }),
  )
  assert.match(String(await told), /query/)
})
