// What a test leaves open is closed after it.
import { afterEach } from 'node:test'

const open: { unsubscribe(): void }[] = []

export function closeLater(...ones: (() => void)[]): void {
  open.push(...ones.map((unsubscribe) => ({ unsubscribe })))
}

export function endLater(...ones: { unsubscribe(): void }[]): void {
  open.push(...ones)
}

afterEach(() => {
  for (const one of open.splice(0)) one.unsubscribe()
})
