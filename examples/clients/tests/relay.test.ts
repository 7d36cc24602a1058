// Relay, against a live server.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Environment } from 'relay-runtime'

import { codesOf, type ToldError } from '../codes.ts'
import { createRelay } from '../relay/environment.ts'
import { changeMark, readCard, readWeek, watchJournal } from '../relay/school.ts'
import { closeLater } from './closing.ts'
import { Inbox, untilHeard } from './inbox.ts'
import { openLine } from './line.ts'
import * as people from './people.ts'

const valueOf = (relay: Environment, { id }: people.Mark) =>
  relay.getStore().getSource().get(id)?.['value']

test('a mother reads the week of her child', async () => {
  const { cell, date, mark } = await people.newMark(await people.signIn(people.TEACHER))
  const relay = createRelay(await people.signIn(people.MOTHER))
  const data = await readWeek(relay, cell.studentId, date)
  const lessons = data?.diary?.days.find((day) => day.date === date)?.lessons ?? []
  assert.ok(lessons.some(({ marks }) => marks?.some(({ id }) => id === mark.id)))
})

test('requests with a spent token are repeated after one renewal', async () => {
  const session = await people.withSpentToken(people.MOTHER)
  const relay = createRelay(session)
  const child = 'Student:1-1'
  const renewals = people.countRenewals()
  const weeks = ['2026-09-07', '2026-09-14', '2026-09-21']
  const found = await Promise.all(weeks.map((from) => readWeek(relay, child, from)))
  assert.ok(found.every((data) => data?.diary))
  assert.equal(renewals(), 1)
})

test('a mark changes at once, and the store has what the server says', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell, date } = await people.newMark(session)
  const relay = createRelay(session)
  await readWeek(relay, cell.studentId, date)
  assert.equal(valueOf(relay, mark), 5)
  const answered = changeMark(relay, mark, { ...cell, value: 4 })
  assert.equal(valueOf(relay, mark), 4)
  assert.deepEqual((await answered)?.userErrors, [])
  assert.equal(valueOf(relay, mark), 4)
  assert.equal(relay.getStore().getSource().get(mark.id)?.['version'], mark.version + 1)
})

test('after a conflict the store has the mark of the other', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell, date } = await people.newMark(session)
  const relay = createRelay(session)
  await readWeek(relay, cell.studentId, date)
  await people.setMark(session, { ...cell, value: 2, expectedVersion: mark.version })
  const answered = changeMark(relay, mark, { ...cell, value: 4 })
  assert.equal(valueOf(relay, mark), 4)
  assert.equal((await answered)?.userErrors[0]?.code, 'CONFLICT')
  assert.equal(valueOf(relay, mark), 2)
})

test('what one may not see is null beside the rest', async () => {
  const session = await people.signIn(people.MOTHER)
  const errors: ToldError[] = []
  const relay = createRelay(session, { onErrors: (told) => errors.push(...told) })
  const data = await readCard(relay, await people.childOf(session))
  assert.deepEqual(codesOf(errors), ['FORBIDDEN'])
  assert.equal(data?.student?.identity?.snils, null)
  assert.ok(data?.student?.identity?.snilsMasked)
})

test('live events go on after a cut, and the store follows', async () => {
  const teacher = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(teacher)
  const line = await openLine()
  const relay = createRelay(await people.signIn(people.MOTHER, undefined, line.url))
  const inbox = new Inbox<number | null | undefined>()
  const stop = watchJournal(
    relay,
    cell.studentId,
    (event) => {
      if (event?.__typename === 'JournalEvent' && event.node?.id === mark.id)
        inbox.put(event.node?.value)
    },
    (reason) => assert.fail(String(reason)),
  )
  closeLater(stop, () => line.close())
  const change = people.changing(teacher, cell, mark)
  await untilHeard(() => change(4), inbox.find((value) => value === 4))
  line.cut()
  await change(3)
  line.mend()
  await inbox.find((value) => value === 3)
  assert.equal(valueOf(relay, mark), 3)
})
