// Codes of errors, for programs: switch by them, show people the message.

/** What `errors[].extensions.code` may be; the server's `/schema/error-codes.json` explains them. */
export const ERROR_CODES = [
  'ACCESS_REVOKED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'INTERNAL_SERVER_ERROR',
  'NOT_FOUND',
  'OPERATION_RESOLUTION_FAILURE',
  'OPERATION_TIMEOUT',
  'OPERATION_TOO_COMPLEX',
  'PASSWORD_MUST_CHANGE',
  'PERSISTED_QUERY_NOT_FOUND',
  'RATE_LIMITED',
  'REQUEST_TOO_LARGE',
  'SERVICE_UNAVAILABLE',
  'SUBSCRIPTION_LIMIT',
  'TRUSTED_DOCUMENT_REQUIRED',
  'UNAUTHENTICATED',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error as every client gives it. */
export interface ToldError {
  readonly message: string
  readonly extensions?: { readonly [name: string]: unknown } | undefined
}

export function codesOf(errors: readonly ToldError[] | undefined): ErrorCode[] {
  return (errors ?? []).map((error) => error.extensions?.['code'] as ErrorCode)
}

/** Indicates whether the access token was missing, expired or spent. */
export function needsToken(errors: readonly ToldError[] | undefined): boolean {
  return codesOf(errors).includes('UNAUTHENTICATED')
}
