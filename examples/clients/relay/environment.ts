// The environment of Relay: requests by `fetch`, live events by `graphql-ws`.
import {
  Environment,
  type FetchFunction,
  Network,
  Observable,
  RecordSource,
  Store,
  type SubscribeFunction,
} from 'relay-runtime'

import type { ToldError } from '../codes.ts'
import { request } from '../fetch/client.ts'
import { createEvents } from '../graphql-ws/events.ts'
import type { Session } from '../session.ts'

/** `onErrors`: Relay keeps to itself the errors that come beside data, such as `FORBIDDEN`. */
export function createRelay(
  session: Session,
  onErrors: (errors: ToldError[]) => void = () => {},
): Environment {
  const events = createEvents(session)

  const fetchQuery: FetchFunction = async ({ text }, variables) => {
    const reply = await request(session, text ?? '', variables)
    if (reply.errors) onErrors(reply.errors)
    return reply as never
  }

  const subscribe: SubscribeFunction = ({ text }, variables) =>
    Observable.create((sink) =>
      events.subscribe({ query: text ?? '', variables }, sink as never),
    )

  return new Environment({
    network: Network.create(fetchQuery, subscribe),
    store: new Store(new RecordSource()),
  })
}
