// The environment of Relay: requests by `fetch`, live events by `graphql-ws`.
import {
  Environment,
  type FetchFunction,
  Network,
  Observable,
  RecordSource,
  type RequestParameters,
  Store,
  type SubscribeFunction,
} from 'relay-runtime'

import type { ToldError } from '../codes.ts'
import { request } from '../fetch/client.ts'
import { createEvents } from '../graphql-ws/events.ts'
import { asked, type Session } from '../session.ts'

interface Options {
  /** Ask for documents by their ids, after `gorod documents add generated/relay-documents.json`. */
  trusted?: boolean
  /** Relay keeps to itself the errors that come beside data, such as `FORBIDDEN`. */
  onErrors?: (errors: ToldError[]) => void
}

export function createRelay(session: Session, options: Options = {}): Environment {
  const { trusted = false, onErrors } = options
  const events = createEvents(session)
  const documentOf = ({ id, text }: RequestParameters) =>
    trusted ? { documentId: id ?? '' } : (text ?? '')

  const fetchQuery: FetchFunction = async (parameters, variables) => {
    const reply = await request(session, documentOf(parameters), variables)
    if (reply.errors) onErrors?.(reply.errors)
    return reply as never
  }

  const subscribe: SubscribeFunction = (parameters, variables) =>
    Observable.create((sink) =>
      events.subscribe({ query: '', ...asked(documentOf(parameters)), variables }, sink as never),
    )

  return new Environment({
    network: Network.create(fetchQuery, subscribe),
    store: new Store(new RecordSource()),
  })
}
