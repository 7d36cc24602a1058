// The shell script, against a live server.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import * as people from './people.ts'

let folder: string
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'gorod-curl-'))))
after(() => rm(folder, { recursive: true }))

interface Ended {
  code: number
  out: string
  refusal: string
}

/** Runs the script for a person, whose tokens lie in a file of their name. */
function gorod(person: string, words: string[], input = ''): Promise<Ended> {
  const env = { ...process.env, SCHOOL_URL: people.URL, SCHOOL_TOKENS: join(folder, person) }
  return new Promise((resolve) => {
    const program = execFile('curl/gorod.sh', words, { env }, (error, out, refusal) =>
      resolve({ code: Number(error?.code ?? 0), out, refusal }),
    )
    program.stdin?.end(`${input}\n`)
  })
}

async function signIn(person: string): Promise<void> {
  const { code, refusal } = await gorod(person, ['sign-in', person], people.PASSWORD)
  assert.equal(code, 0, refusal)
}

test('a wrong password lets nobody in and says so', async () => {
  const { code, refusal } = await gorod('nobody.curl', ['sign-in', 'nobody.curl'], 'wrong')
  assert.equal(code, 1)
  assert.match(refusal, /^WRONG_CREDENTIALS: /)
})

test('a mother reads the week of her child, page after page of notices, and a card', async () => {
  const { cell, date, mark } = await people.newMark(await people.signIn(people.TEACHER))
  await signIn(people.MOTHER)
  const week = await gorod(people.MOTHER, ['diary', cell.studentId, date])
  assert.ok(week.out.includes(mark.id))
  const notices = await gorod(people.MOTHER, ['notices', '1'])
  const lines = notices.out.trim().split('\n')
  assert.ok(lines.length > 1)
  assert.equal(new Set(lines).size, lines.length)
  const { data, errors } = JSON.parse((await gorod(people.MOTHER, ['card', cell.studentId])).out)
  assert.equal(errors[0].extensions.code, 'FORBIDDEN')
  assert.equal(data.student.identity.snils, null)
  assert.ok(data.student.identity.snilsMasked)
})

test('requests with a spent token are repeated after one renewal', async () => {
  const person = 'student.ivanova'
  await signIn(person)
  const file = join(folder, person)
  const { accessToken, refreshToken } = JSON.parse(await readFile(file, 'utf8'))
  const pocket = new people.Pocket()
  pocket.put({ accessToken, refreshToken })
  await new people.Session(people.URL, pocket).renew(accessToken)
  await writeFile(file, JSON.stringify({ ...JSON.parse(pocket.text!), accessToken }))
  const ask = () => gorod(person, ['ask', '{ viewer { role } }'])
  for (const { out } of await Promise.all([ask(), ask(), ask()]))
    assert.deepEqual(JSON.parse(out), { data: { viewer: { role: 'STUDENT' } } })
})

test('a mark changes, and a conflict tells the mark of the other', async () => {
  const { cell, mark } = await people.newMark(await people.signIn(people.TEACHER))
  await signIn(people.TEACHER)
  const change = (value: number) =>
    gorod(people.TEACHER, [
      ...['set-mark', cell.assignmentId, cell.studentId],
      ...[String(value), String(mark.version)],
    ])
  assert.equal((await change(4)).code, 0)
  const { code, out, refusal } = await change(2)
  assert.equal(code, 1)
  assert.match(refusal, /^CONFLICT: /)
  assert.equal(JSON.parse(out).data.setMark.mark.value, 4)
})
