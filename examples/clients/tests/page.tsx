// A page of another origin than the server's: plain `fetch` and React with Relay, in a browser.
import { Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { RelayEnvironmentProvider } from 'react-relay'

import { request } from '../fetch/client.ts'
import { createRelay } from '../relay/environment.ts'
import { Notices } from '../relay/Notices.tsx'
import { Session } from '../session.ts'

export const actions = {
  async signIn(url: string, login: string, password: string) {
    return (await new Session(url, localStorage).signIn(login, password)).userErrors
  },
  /** Spends the access token that is kept, and keeps it nevertheless. */
  async spend(url: string) {
    const { accessToken } = JSON.parse(localStorage['gorod'])
    await new Session(url, localStorage).renew(accessToken)
    localStorage['gorod'] = JSON.stringify({ ...JSON.parse(localStorage['gorod']), accessToken })
  },
  ask: (url: string, query: string) => request(new Session(url, localStorage), query, {}),
  async show(url: string) {
    createRoot(document.querySelector('main')!).render(
      <RelayEnvironmentProvider environment={createRelay(new Session(url, localStorage))}>
        <Suspense fallback="…">
          <Notices pageSize={1} />
        </Suspense>
      </RelayEnvironmentProvider>,
    )
  },
}

Object.assign(window, { actions })
