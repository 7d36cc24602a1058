// Apollo Client: tokens, renewal, live events, and Apollo's own persisted queries.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { ErrorLink } from '@apollo/client/link/error'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode } from 'graphql'
import { from, mergeMap } from 'rxjs'

import { needsToken } from '../codes.ts'
import { createEvents } from '../graphql-ws/events.ts'
import type { Session } from '../session.ts'

interface Options {
  /** Send the hash of a query in place of its text. */
  persisted?: boolean
  /** Send queries by GET. */
  useGETForQueries?: boolean
}

export function createApollo(session: Session, options: Options = {}): ApolloClient {
  const authorize = new SetContextLink(({ headers }) => ({
    token: session.accessToken,
    headers: { ...headers, ...session.headers },
  }))
  const renew = new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error) || !needsToken(error.errors)) return
    return from(session.renew(operation.getContext()['token'])).pipe(
      mergeMap(() => forward(operation)),
    )
  })
  const { persisted = false, useGETForQueries = false } = options
  const http = ApolloLink.from([
    renew,
    authorize,
    ...(persisted ? [new PersistedQueryLink({ sha256, useGETForHashedQueries: useGETForQueries })] : []),
    new HttpLink({ uri: session.url, useGETForQueries }),
  ])
  return new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { notices: pages } } },
    }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(createEvents(session)),
      http,
    ),
  })
}

async function sha256(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

interface Page {
  nodes: readonly object[]
}

/** `fetchMore` appends a page. */
const pages = {
  keyArgs: false as const,
  merge: (before: Page | undefined, page: Page, { args }: { args: object | null }): Page => {
    const isFirst = !(args as { after?: string } | null)?.after
    return isFirst || !before ? page : { ...page, nodes: [...before.nodes, ...page.nodes] }
  },
}
