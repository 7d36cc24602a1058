// The operations that all clients here run. `npx graphql-codegen` makes their types.
import { graphql } from './generated/gql.ts'

export const SIGN_IN = graphql(`
  mutation SignIn($login: String!, $password: String!, $deviceToken: String) {
    signIn(input: { login: $login, password: $password, deviceToken: $deviceToken }) {
      accessToken
      refreshToken
      deviceToken
      mustChangePassword
      retryAfter
      viewer { fullName role }
      userErrors { code message }
    }
  }
`)

export const REFRESH = graphql(`
  mutation Refresh($refreshToken: String!) {
    refreshSession(input: { refreshToken: $refreshToken }) {
      accessToken
      refreshToken
      userErrors { code message }
    }
  }
`)

export const DIARY = graphql(`
  query Diary($studentId: ID!, $from: Date, $to: Date) {
    diary(studentId: $studentId, from: $from, to: $to) {
      days {
        date
        lessons {
          startsAt
          topic
          subject { id name }
          marks { id value version }
        }
      }
    }
  }
`)

export const NOTICES = graphql(`
  query Notices($first: Int!, $after: String) {
    notices(first: $first, after: $after) {
      totalCount
      nodes { id title }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

export const SET_MARK = graphql(`
  mutation SetMark($input: SetMarkInput!) {
    setMark(input: $input) {
      mark { id value version comment }
      userErrors { code field message }
    }
  }
`)

export const STUDENT_CARD = graphql(`
  query StudentCard($studentId: ID!) {
    student(by: { id: $studentId }) {
      id
      fullName
      identity { id snilsMasked snils }
    }
  }
`)

export const JOURNAL_EVENTS = graphql(`
  subscription JournalEvents($studentId: ID!, $after: String) {
    journalEvents(studentId: $studentId, after: $after) {
      __typename
      ... on JournalEvent {
        cursor
        kind
        node {
          __typename
          ... on Mark { id value version comment }
        }
      }
      ... on EventsMissed { cursor reason }
    }
  }
`)
