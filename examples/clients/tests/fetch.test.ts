// Plain `fetch`, against a live server.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { codesOf } from '../codes.ts'
import { request } from '../fetch/client.ts'
import { changeMark, readCard, readNotices, readWeek } from '../fetch/school.ts'
import { Session, SignedOut } from '../session.ts'
import * as people from './people.ts'

test('a wrong password lets nobody in and says so', async () => {
  const { userErrors, accessToken } = await new Session(people.URL).signIn('nobody.fetch', 'wrong')
  assert.equal(userErrors[0]?.code, 'WRONG_CREDENTIALS')
  assert.equal(accessToken, null)
})

test('after too many wrong passwords one is told how long to wait', async () => {
  const session = new Session(people.URL)
  let result = await session.signIn('guessed.fetch', 'wrong')
  for (let tries = 1; tries < 8 && !result.retryAfter; tries++)
    result = await session.signIn('guessed.fetch', 'wrong')
  assert.equal(result.userErrors[0]?.code, 'TOO_MANY_TRIES')
  assert.ok(result.retryAfter! > 0)
})

test('a mother reads the week of her child', async () => {
  const { cell, date, mark } = await people.newMark(await people.signIn(people.TEACHER))
  const week = await readWeek(await people.signIn(people.MOTHER), cell.studentId, date)
  const lessons = week.find((day) => day.date === date)?.lessons ?? []
  assert.ok(lessons.some(({ marks }) => marks?.some(({ id }) => id === mark.id)))
})

test('requests with a spent token are repeated after one renewal', async () => {
  const session = await people.withSpentToken(people.MOTHER)
  const renewals = people.countRenewals()
  const replies = await Promise.all(
    [1, 2, 3, 4].map(() => request(session, '{ viewer { fullName } }', {})),
  )
  assert.ok(replies.every(({ errors, data }) => !errors && data))
  assert.equal(renewals(), 1)
})

test('a session that is over asks to sign in again', async () => {
  const pocket = new people.Pocket()
  const session = await people.signIn(people.MOTHER, pocket)
  await people.ask(session, 'mutation { signOut { userErrors { code } } }')
  await assert.rejects(request(session, '{ viewer { fullName } }', {}), SignedOut)
  assert.equal(session.accessToken, undefined)
})

test('notices come page by page, each once', async () => {
  const session = await people.signIn(people.MOTHER)
  const pages = await Array.fromAsync(readNotices(session, 1))
  const ids = pages.flat().map(({ id }) => id)
  assert.ok(ids.length > 1)
  assert.equal(new Set(ids).size, ids.length)
})

test('a new mark is shown at once, and stays', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(session)
  const shown: number[] = []
  const errors = await changeMark(session, mark, { ...cell, value: 4 }, (now) => shown.push(now.value!))
  assert.deepEqual(errors, [])
  assert.deepEqual(shown, [4, 4])
})

test('a mark that somebody else has changed is shown as it is', async () => {
  const session = await people.signIn(people.TEACHER)
  const { mark, cell } = await people.newMark(session)
  await people.setMark(session, { ...cell, value: 2, expectedVersion: mark.version })
  const shown: number[] = []
  const errors = await changeMark(session, mark, { ...cell, value: 4 }, (now) => shown.push(now.value!))
  assert.equal(errors[0]?.code, 'CONFLICT')
  assert.deepEqual(shown, [4, 2])
})

test('what one may not see is null beside the rest', async () => {
  const session = await people.signIn(people.MOTHER)
  const { data, errors } = await readCard(session, await people.childOf(session))
  assert.deepEqual(codesOf(errors), ['FORBIDDEN'])
  assert.equal(data?.student?.identity?.snils, null)
  assert.ok(data?.student?.identity?.snilsMasked)
})

test('a query that does not fit the schema is told by its code', async () => {
  const { errors } = await request(await people.signIn(people.MOTHER), '{ nothingOfThis }', {})
  assert.deepEqual(codesOf(errors), ['GRAPHQL_VALIDATION_FAILED'])
})
