// A line to the server that can be cut.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

import { SERVER } from './people.ts'

export async function openLine() {
  const { hostname, port } = new URL(SERVER)
  const open = new Set<Socket>()
  let isCut = false
  const proxy = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(Number(port), hostname)
    for (const end of [near, far]) {
      open.add(end)
      end.on('error', () => {}).on('close', () => {
        open.delete(end)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/graphql`,
    cut() {
      isCut = true
      for (const end of open) end.destroy()
    },
    mend() {
      isCut = false
    },
    close() {
      this.cut()
      proxy.close()
    },
  }
}
