// Live events by `graphql-ws`, which go on where they were cut. Apollo, urql and Relay use it, too.
import {
  type Client,
  createClient,
  type Sink,
  type SubscribePayload,
  TerminatedCloseEvent,
} from 'graphql-ws'

import { needsToken, type ToldError } from '../codes.ts'
import type { Session } from '../session.ts'

const UNAUTHORIZED = 4401 // the token of the socket has expired or was spent

/** A client whose subscriptions survive lost connections and expired tokens: each is taken up again
 * with the `cursor` of its last event as `$after`. Events may come twice: know them by `cursor`. */
export function createEvents(session: Session, options = {}): Client {
  let token: string | undefined
  const client = createClient({
    url: session.url.replace(/^http/, 'ws'),
    connectionParams: () => {
      token = session.accessToken
      return session.headers
    },
    retryAttempts: Infinity,
    retryWait: (tries) => sleep(Math.min(30_000, 500 * 2 ** tries) * (0.5 + Math.random())),
    shouldRetry: isLost,
    ...options,
  })

  function subscribe(payload: SubscribePayload, sink: Sink<never>): () => void {
    const variables: Record<string, unknown> = { ...payload.variables } // sent anew at each try
    let end = () => {}
    let ended = false
    const start = () => {
      if (ended) return
      end = client.subscribe<Record<string, Resumable | null>>(
        { ...payload, variables },
        {
          next(result) {
            const cursor = Object.values(result.data ?? {})[0]?.cursor
            if (cursor) variables['after'] = cursor
            sink.next(result as never)
          },
          error(reason) {
            if (!isRefused(reason)) return sink.error(reason)
            const refused = token
            session.renew(refused).then(() => {
              const stillOpen = Array.isArray(reason) && token === refused
              if (stillOpen) client.terminate() // a socket keeps the token that it began with
              start()
            }, sink.error)
          },
          complete: () => sink.complete(),
        },
      )
    }
    start()
    return () => {
      ended = true
      end()
    }
  }

  return { ...client, subscribe: subscribe as Client['subscribe'] }
}

const sleep = (milliseconds: number) =>
  new Promise<void>((wake) => setTimeout(wake, milliseconds))

interface Resumable {
  cursor?: string
}

/** Indicates whether the line or the server is away; what we did wrong would go wrong again. */
function isLost(reason: unknown): boolean {
  return reason instanceof Event || reason instanceof TerminatedCloseEvent
}

function isRefused(reason: unknown): boolean {
  if (Array.isArray(reason)) return needsToken(reason as ToldError[])
  return (reason as CloseEvent | undefined)?.code === UNAUTHORIZED
}
