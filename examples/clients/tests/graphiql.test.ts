// GraphiQL in a headless Chromium, against a live server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { Browser, Page } from 'puppeteer-core'

import { startBrowser } from './browser.ts'
import * as people from './people.ts'

const NEWCOMER = { login: 'teacher.gusev', name: 'Гусев Алексей Павлович' }
const NEW_PASSWORD = 'lilac-by-the-porch'
const ACCOUNT = `query Account($name: String!) {
  accounts(filter: { fullName: { eq: $name } }) { nodes { id } }
}`
const RESET = `mutation Reset($id: ID!) {
  resetPassword(input: { accountId: $id }) { oneTimePassword userErrors { message } }
}`

let browser: Browser

before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

/** The console as somebody who has just signed in sees it. */
async function console(login: string, password: string, width = 1280): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage()
  await page.setViewport({ width, height: 800 })
  await page.evaluateOnNewDocument(() => localStorage.setItem('gorod:language', 'en'))
  await page.goto(`${people.SERVER}/graphiql`)
  await page.type('input[name=login]', login)
  await page.type('input[name=password]', password)
  await page.click('.gorod-sign-in button')
  await page.waitForSelector('.gorod-viewer')
  return page
}

async function oneTimePassword(name: string): Promise<string> {
  const director = await people.signIn('director')
  const { accounts } = await people.ask(director, ACCOUNT, { name })
  const { resetPassword } = await people.ask(director, RESET, { id: accounts.nodes[0].id })
  return resetPassword.oneTimePassword
}

/** Types over what stands in the variables. The editor closes what is open. */
async function writeVariables(page: Page, text: string): Promise<void> {
  await page.click('.graphiql-editor-tool .view-lines')
  await page.keyboard.down('Control')
  await page.keyboard.press('a')
  await page.keyboard.up('Control')
  await page.keyboard.sendCharacter(text)
}

test('a newcomer is led to choose a password, which the browser does not keep', async () => {
  const old = await oneTimePassword(NEWCOMER.name)
  const page = await console(NEWCOMER.login, old)
  await page.waitForSelector('.gorod-notice-warning ::-p-text(choose a password)')
  await page.waitForSelector('[role=tab] ::-p-text(ChoosePassword)')
  await page.waitForSelector('.graphiql-editor-tool .view-line ::-p-text("old")')
  await writeVariables(page, `{"old": "${old}", "new": "${NEW_PASSWORD}`)
  await page.click('.graphiql-execute-button')
  await page.waitForSelector('.gorod-notice-info ::-p-text(Your password is set)')
  await page.waitForSelector('[role=tab] ::-p-text(WhoAmI)')
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]))
  assert.ok(kept.includes('WhoAmI'))
  assert.ok(!kept.includes(NEW_PASSWORD))
})

for (const login of [people.MOTHER, people.TEACHER]) {
  test(`the head fits a phone for ${login}`, async () => {
    const page = await console(login, people.PASSWORD, 390)
    const widest = await page.$$eval('.gorod-bar *', (all) =>
      Math.max(...all.map((one) => one.getBoundingClientRect().right)),
    )
    assert.ok(widest <= 390, `${widest}`)
    const head = await page.$eval('.gorod-bar', (bar) => bar.getBoundingClientRect().height)
    assert.ok(head < 100, `two lines, not ${head} px`)
  })
}
