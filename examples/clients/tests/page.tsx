// A page of another origin than the server's: plain `fetch` and React with Relay, in a browser.
import { Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { RelayEnvironmentProvider } from 'react-relay'

import { request } from '../fetch/client.ts'
import { createRelay } from '../relay/environment.ts'
import { Notices } from '../relay/Notices.tsx'
import { Session } from '../session.ts'

let open: Session
const session = (url: string) => (open ??= new Session(url, sessionStorage))

export const actions = {
  async signIn(url: string, login: string, password: string) {
    return (await session(url).signIn(login, password)).userErrors
  },
  /** Spends the access token that is kept, and keeps it nevertheless. */
  async spend(url: string) {
    const { accessToken } = JSON.parse(sessionStorage['gorod'])
    await session(url).renew(accessToken)
    sessionStorage['gorod'] = JSON.stringify({ ...JSON.parse(sessionStorage['gorod']), accessToken })
  },
  ask: (url: string, query: string) => request(session(url), query, {}),
  async show(url: string) {
    createRoot(document.querySelector('main')!).render(
      <RelayEnvironmentProvider environment={createRelay(session(url))}>
        <Suspense fallback="…">
          <Notices pageSize={1} />
        </Suspense>
      </RelayEnvironmentProvider>,
    )
  },
}

Object.assign(window, { actions })
