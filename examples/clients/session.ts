// Sign in, keep the tokens, renew them. Every client here uses this file.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'

import type { ToldError } from './codes.ts'
import { REFRESH, SIGN_IN } from './documents.ts'
import type { SignInMutation } from './generated/graphql.ts'

export interface Reply<Data> {
  data?: Data | null
  errors?: ToldError[]
}

interface Tokens {
  accessToken?: string
  refreshToken?: string
  deviceToken?: string
}

type SignInResult = NonNullable<SignInMutation['signIn']>

/** The session is over: show the sign-in form. */
export class SignedOut extends Error {}

/** What to run: a document, its text, or the id by which the server knows it. */
export type Document<Data, Variables> =
  | TypedDocumentNode<Data, Variables>
  | string
  | { documentId: string }

/** One request over HTTP. */
export async function post<Data, Variables>(
  url: string,
  document: Document<Data, Variables>,
  variables: Variables,
  token?: string,
): Promise<Reply<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ ...asked(document), variables }),
  })
  return (await response.json()) as Reply<Data>
}

export function asked(document: Document<unknown, never>): { query: string } | { documentId: string } {
  if (typeof document === 'string') return { query: document }
  return 'documentId' in document ? document : { query: print(document) }
}

export class Session {
  readonly url: string
  /** `sessionStorage` in a browser: a tab stays signed in when it is loaded again. Not `localStorage`:
   * tabs see each other's changes of it late, and a refresh token that is sent twice ends the
   * session. */
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>
  #renewal: Promise<string> | undefined

  constructor(url: string, storage: Pick<Storage, 'getItem' | 'setItem'> = inMemory()) {
    this.url = url
    this.#storage = storage
  }

  get accessToken(): string | undefined {
    return this.#tokens.accessToken
  }

  get headers(): Record<string, string> {
    return this.accessToken ? { Authorization: `Bearer ${this.accessToken}` } : {}
  }

  /** The answer says in `userErrors` why nobody was let in: `WRONG_CREDENTIALS`, or
   * `TOO_MANY_TRIES` with the seconds to wait in `retryAfter`. */
  async signIn(login: string, password: string): Promise<SignInResult> {
    const deviceToken = this.#tokens.deviceToken ?? null
    const reply = await post(this.url, SIGN_IN, { login, password, deviceToken })
    const result = reply.data?.signIn
    if (!result) throw new Error(reply.errors?.[0]?.message)
    if (result.accessToken) this.#keep(result)
    return result
  }

  /** A new access token in place of the one that was refused. A refresh token is good once, so
   * requests that are refused together share one renewal. */
  renew(refused: string | undefined): Promise<string> {
    this.#renewal ??= this.#renew(refused).finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  /** Forget the tokens; the device stays known to the login. */
  forget(): void {
    const { deviceToken } = this.#tokens
    this.#storage.setItem('gorod', JSON.stringify({ deviceToken }))
  }

  async #renew(refused: string | undefined): Promise<string> {
    const { accessToken, refreshToken } = this.#tokens
    if (accessToken && accessToken !== refused) return accessToken
    if (!refreshToken) throw new SignedOut()
    const reply = await post(this.url, REFRESH, { refreshToken })
    const result = reply.data?.refreshSession
    if (!result) throw new Error(reply.errors?.[0]?.message)
    if (result.accessToken) {
      this.#keep(result)
      return result.accessToken
    }
    if (result.userErrors.some((error) => error.code === 'SESSION_OVER')) this.forget()
    throw new SignedOut(result.userErrors[0]?.message)
  }

  get #tokens(): Tokens {
    return JSON.parse(this.#storage.getItem('gorod') ?? '{}') as Tokens
  }

  #keep({ accessToken, refreshToken, deviceToken }: Partial<Record<keyof Tokens, string | null>>) {
    const kept = this.#tokens
    this.#storage.setItem(
      'gorod',
      JSON.stringify({ accessToken, refreshToken, deviceToken: deviceToken ?? kept.deviceToken }),
    )
  }
}

function inMemory(): Pick<Storage, 'getItem' | 'setItem'> {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  }
}
