// urql with its normalised cache and its defaults: queries by GET, tokens, live events.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { cacheExchange, type CacheExchangeOpts } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'

import { needsToken } from '../codes.ts'
import type { SetMarkInput } from '../generated/graphql.ts'
import { createEvents } from '../graphql-ws/events.ts'
import type { Session } from '../session.ts'
import type { Mark } from './school.ts'

/** `schema`: the server's `/schema/introspection.json`; `keys`: of its `/schema/graphcache-keys.js`.
 * Save both beside your code. */
export function createUrql(
  session: Session,
  { schema, keys }: Pick<CacheExchangeOpts, 'schema' | 'keys'>,
): Client {
  const events = createEvents(session)
  return new Client({
    url: session.url,
    exchanges: [
      cacheExchange({
        schema,
        keys,
        resolvers: { Query: { notices: relayPagination() } },
        optimistic: { setMark: (_, __, info) => changed(info.variables as unknown as Change) },
      }),
      authExchange(async (auth) => {
        let refused: string | undefined
        return {
          addAuthToOperation: (operation) => auth.appendHeaders(operation, session.headers),
          didAuthError(error, operation) {
            refused = tokenOf(operation.context.fetchOptions)
            return needsToken(error.graphQLErrors)
          },
          refreshAuth: async () => void (await session.renew(refused)),
        }
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  })
}

/** The variables of `SetMark`; the cache keeps `shown` for itself, the server does not get it. */
export interface Change {
  input: SetMarkInput
  shown: Mark
}

/** The payload that the cache shows until the server has answered. */
function changed({ input, shown }: Change) {
  const mark = { __typename: 'Mark', ...shown, value: input.value ?? null }
  return { __typename: 'SetMarkPayload', mark, userErrors: [] }
}

function tokenOf(options: RequestInit | (() => RequestInit) | undefined): string | undefined {
  const { headers } = (typeof options === 'function' ? options() : options) ?? {}
  return (headers as Record<string, string> | undefined)?.['Authorization']?.slice('Bearer '.length)
}
