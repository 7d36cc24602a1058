// Our list of error codes, against that of a live server.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ERROR_CODES } from '../codes.ts'
import * as people from './people.ts'

test('the server knows our codes, and we know its refusals', async () => {
  const { headers } = await people.signIn(people.MOTHER)
  const response = await fetch(`${people.SERVER}/schema/error-codes.json`, { headers })
  const told: { code: string; http: Record<string, number[]> }[] = await response.json()
  const known = new Set(told.map(({ code }) => code))
  assert.deepEqual(ERROR_CODES.filter((code) => !known.has(code)), [])
  const refusals = told.filter(({ http }) => http['/graphql']).map(({ code }) => code)
  assert.ok(refusals.length > 0)
  assert.deepEqual(refusals.filter((code) => !(ERROR_CODES as readonly string[]).includes(code)), [])
})
