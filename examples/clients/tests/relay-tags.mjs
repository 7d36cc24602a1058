// What a bundler does for Relay: its Babel plugin puts compiled documents in place of `graphql`.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

import { transformSync } from '@babel/core'

export function compiled(filename) {
  return transformSync(readFileSync(filename, 'utf8'), {
    filename,
    configFile: false,
    presets: ['@babel/preset-typescript'],
    plugins: [['relay', { eagerEsModules: true }]],
  }).code
}

registerHooks({
  resolve: (name, context, next) =>
    next(name.endsWith('.graphql') ? `${name}.ts` : name, context),
  load: (url, context, next) =>
    url.includes('/relay/') && url.endsWith('.ts') && !url.includes('node_modules')
      ? { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true }
      : next(url, context),
})
