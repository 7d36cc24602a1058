// A headless Chromium.
import { type Browser, launch } from 'puppeteer-core'

export const startBrowser = (): Promise<Browser> =>
  launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
