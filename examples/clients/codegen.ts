// Types of our operations, from the printed schema: `npx graphql-codegen`.
import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: ['documents.ts'],
  generates: {
    './generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: {
        enumsAsTypes: true,
        importExtension: '.ts',
        strictScalars: true,
        useTypeImports: true,
        scalars: {
          Date: 'string', // 2026-09-01
          DateTime: 'string', // 2026-09-01T08:00:00Z
          Decimal: 'string', // "4.50": never a float
          LocalTime: 'string', // 08:30:00
          UUID: 'string',
        },
      },
    },
  },
}
export default config
