// Plain `fetch`: a request with its token, repeated once when the token had to be renewed.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'

import { needsToken } from '../codes.ts'
import { type Document, post, type Reply, type Session } from '../session.ts'

/** Data and errors may come together: what the person may not see is null in `data`, and `errors`
 * says which field it was. */
export async function request<Data, Variables>(
  session: Session,
  document: Document<Data, Variables>,
  variables: Variables,
): Promise<Reply<Data>> {
  const token = session.accessToken
  const reply = await post(session.url, document, variables, token)
  if (!needsToken(reply.errors)) return reply
  return post(session.url, document, variables, await session.renew(token))
}

/** A document by its id alone, after `gorod documents add generated/persisted-documents.json`: short
 * requests, and the only ones that a server answers which trusts registered documents only. */
export function trusted(document: TypedDocumentNode<unknown, never>): { documentId: string } {
  const { __meta__: told } = document as { __meta__?: { hash: string } }
  if (!told) throw new Error('`graphql-codegen` tells the id where `persistedDocuments` is on')
  return { documentId: told.hash }
}
