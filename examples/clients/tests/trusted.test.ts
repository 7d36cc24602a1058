// Trusted documents: registered from the manifests of three tools, asked for by their ids.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { before, test } from 'node:test'

import { print } from 'graphql'

import { createApollo } from '../apollo/client.ts'
import * as apollo from '../apollo/school.ts'
import { codesOf } from '../codes.ts'
import { DIARY } from '../documents.ts'
import { request, trusted } from '../fetch/client.ts'
import { createRelay } from '../relay/environment.ts'
import * as relay from '../relay/school.ts'
import { closeLater } from './closing.ts'
import { Inbox, untilHeard } from './inbox.ts'
import * as people from './people.ts'

const MANIFESTS = ['persisted-documents', 'apollo-documents', 'relay-documents']

before(() => {
  const env = { ...process.env, GOROD_DATA_DIR: process.env['SCHOOL_DATA'] }
  const files = MANIFESTS.map((name) => `generated/${name}.json`)
  execFileSync('../../.venv/bin/gorod', ['documents', 'add', ...files], { env })
})

/** Requests of this process from now on, as they were sent. */
function sent(): string[] {
  const bodies: string[] = []
  const { fetch } = globalThis
  globalThis.fetch = (url, init) => {
    bodies.push(`${url} ${init?.body}`)
    return fetch(url, init)
  }
  return bodies
}

test('a document is asked for by the id that its generator gave it', async () => {
  const session = await people.signIn(people.MOTHER)
  const variables = { studentId: await people.childOf(session), from: '2026-09-07' }
  const byId = await request(session, trusted(DIARY), variables)
  assert.deepEqual(byId, await request(session, print(DIARY), variables))
  assert.ok(byId.data)
})

test('an id that nobody registered is refused by code', async () => {
  const session = await people.signIn(people.MOTHER)
  const { errors } = await request(session, { documentId: `sha256:${'0'.repeat(64)}` }, {})
  assert.deepEqual(codesOf(errors), ['PERSISTED_QUERY_NOT_FOUND'])
})

test('Apollo sends the hash of a registered document, never its text', async () => {
  const session = await people.signIn(people.MOTHER)
  const studentId = await people.childOf(session)
  const client = createApollo(session, { persisted: true })
  closeLater(() => client.stop())
  const bodies = sent()
  const { data } = await apollo.readWeek(client, studentId, '2026-09-07')
  assert.ok(data?.diary)
  assert.ok(!bodies.some((body) => body.includes('query Diary')), bodies.join('\n'))
})

test('Relay asks and listens by ids', async () => {
  const teacher = await people.signIn(people.TEACHER)
  const { mark, cell, date } = await people.newMark(teacher)
  const environment = createRelay(await people.signIn(people.MOTHER), { trusted: true })
  const bodies = sent()
  assert.ok((await relay.readWeek(environment, cell.studentId, date))?.diary)
  assert.ok(!bodies.some((body) => body.includes('query schoolDiary')), bodies.join('\n'))
  const inbox = new Inbox<unknown>()
  closeLater(
    relay.watchJournal(
      environment,
      cell.studentId,
      (event) => {
        if (event?.__typename === 'JournalEvent' && event.node?.id === mark.id) inbox.put(event)
      },
      (reason) => assert.fail(String(reason)),
    ),
  )
  const change = people.changing(teacher, cell, mark)
  await untilHeard(() => change(4), inbox.find(Boolean))
})
