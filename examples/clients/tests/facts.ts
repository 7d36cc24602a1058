// What graphcache has to know of the schema, as the server tells it.
import type { CacheExchangeOpts } from '@urql/exchange-graphcache'

import * as people from './people.ts'

export async function schemaFacts() {
  const { headers } = await people.signIn(people.MOTHER)
  const read = async (name: string) =>
    (await fetch(`${people.SERVER}/schema/${name}`, { headers })).json()
  const types: string[] = await read('graphcache-keys.json')
  return {
    schema: (await read('introspection.json')) as NonNullable<CacheExchangeOpts['schema']>,
    keys: Object.fromEntries(types.map((type) => [type, () => null])),
  }
}
