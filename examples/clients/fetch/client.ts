// Plain `fetch`: a request with its token, repeated once when the token had to be renewed.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'

import { needsToken } from '../codes.ts'
import { post, type Reply, type Session } from '../session.ts'

/** Data and errors may come together: what the person may not see is null in `data`, and `errors`
 * says which field it was. */
export async function request<Data, Variables>(
  session: Session,
  document: TypedDocumentNode<Data, Variables> | string,
  variables: Variables,
): Promise<Reply<Data>> {
  const token = session.accessToken
  const reply = await post(session.url, document, variables, token)
  if (!needsToken(reply.errors)) return reply
  return post(session.url, document, variables, await session.renew(token))
}
