// The suite of GraphQL over HTTP's own working group: a stranger at the made-up school, where
// everybody may read the schema, and somebody signed in at a school for real use.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { auditServer } from 'graphql-http'

import { Session } from '../session.ts'
import { ask, URL as MADE_UP } from './people.ts'

const COUNT = 61

async function audit(url: string, headers: Record<string, string> = {}): Promise<void> {
  const results = await auditServer({
    url,
    fetchFn: (address: string, options?: { headers?: Record<string, string> }) =>
      fetch(address, { ...options, headers: { ...options?.headers, ...headers } }),
  })
  const told = results.filter(({ status }) => status !== 'ok')
  assert.deepEqual(told.map((one) => `${one.status} ${one.id}: ${one.name}`), [])
  assert.equal(results.length, COUNT)
}

/** Who sends no token says by another header that no page of another origin asks in their name:
 * else the server answers no GET. */
const NO_FORGERY = { 'graphql-require-preflight': '1' }

test('a stranger is served by the specification', () => audit(MADE_UP, NO_FORGERY))

test('who is signed in is served by the specification', async () => {
  const url = `${process.env['OWN_SERVER']}/graphql`
  const session = new Session(url)
  const password = process.env['DIRECTOR_PASSWORD']!
  await session.signIn(process.env['DIRECTOR']!, password)
  const { changePassword } = await ask(
    session,
    `mutation Choose($old: String!, $new: String!) {
      changePassword(input: { currentPassword: $old, newPassword: $new }) { userErrors { code } }
    }`,
    { old: password, new: 'свой пароль директора' },
  )
  assert.deepEqual(changePassword.userErrors, [])
  await audit(url, session.headers)
})
