// A page of another origin in a headless Chromium, against a live server.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'

import { build } from 'esbuild'
import type { Browser, Page } from 'puppeteer-core'

import { startBrowser } from './browser.ts'
import * as people from './people.ts'
// @ts-expect-error: plain JavaScript
import { compiled } from './relay-tags.mjs'

const TRUSTED = Number(process.env['PAGE_PORT'] ?? 8385)

let browser: Browser
let close: (() => void)[] = []

before(async () => {
  const { outputFiles } = await build({
    entryPoints: ['tests/page.tsx'],
    bundle: true,
    format: 'esm',
    write: false,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolveExtensions: ['.tsx', '.ts', '.js'],
    plugins: [
      {
        name: 'relay',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\/relay\/[^/]*\.tsx?$/ }, ({ path }) => ({
            contents: compiled(path),
            loader: path.endsWith('x') ? 'jsx' : 'js',
          })),
      },
    ],
  })
  const script = outputFiles[0]!.text
  for (const port of [TRUSTED, 0]) await serve(script, port)
  browser = await startBrowser()
  close.push(() => void browser.close())
})
after(() => close.forEach((one) => one()))

const origins: string[] = []

async function serve(script: string, port: number): Promise<void> {
  const html = await readFile('tests/page.html')
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : html)
  })
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  origins.push(`http://127.0.0.1:${(server.address() as { port: number }).port}`)
  close.push(() => server.close().closeAllConnections())
}

async function open(origin: string): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage()
  await page.goto(origin)
  return page
}

/** Runs one of the `actions` of the page. */
const act = (page: Page, name: string, ...words: string[]): Promise<any> =>
  page.evaluate((name, words) => (window as any).actions[name](...words), name, [people.URL, ...words])

async function signedIn(): Promise<Page> {
  const page = await open(origins[0]!)
  assert.deepEqual(await act(page, 'signIn', people.MOTHER, people.PASSWORD), [])
  return page
}

test('a page of a trusted origin signs in and reads', async () => {
  const page = await open(origins[0]!)
  const [refusal] = await act(page, 'signIn', 'nobody.browser', 'wrong')
  assert.equal(refusal.code, 'WRONG_CREDENTIALS')
  assert.deepEqual(await act(page, 'signIn', people.MOTHER, people.PASSWORD), [])
  const { data } = await act(page, 'ask', '{ viewer { role } }')
  assert.deepEqual(data, { viewer: { role: 'PARENT' } })
  assert.deepEqual(await browser.cookies(), [])
})

test('the browser keeps a page of another origin from the answer', async () => {
  const page = await open(origins[1]!)
  await assert.rejects(act(page, 'signIn', people.MOTHER, people.PASSWORD), /Failed to fetch/)
})

test('a tab that is loaded again is still signed in, and renews its token once', async () => {
  const page = await signedIn()
  await act(page, 'spend')
  await page.reload()
  const replies = await page.evaluate((url) => {
    const { ask } = (window as any).actions
    return Promise.all([1, 2, 3].map(() => ask(url, '{ viewer { role } }')))
  }, people.URL)
  for (const { data } of replies) assert.deepEqual(data, { viewer: { role: 'PARENT' } })
})

test('a list in React grows page by page', async () => {
  const page = await signedIn()
  await act(page, 'show')
  await page.waitForFunction(() => document.querySelectorAll('li').length === 1)
  await page.click('button')
  await page.waitForFunction(() => document.querySelectorAll('li').length === 2)
  const titles = await page.$$eval('li', (items) => items.map((item) => item.textContent))
  assert.notEqual(titles[0], titles[1])
})
