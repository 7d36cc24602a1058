// People of the made-up school, and a mark of its own for each test.
import { randomUUID } from 'node:crypto'

import type { SetMarkInput, SetMarkMutation } from '../generated/graphql.ts'
import { request } from '../fetch/client.ts'
import { SET_MARK } from '../documents.ts'
import { Session } from '../session.ts'

export { Session }

export const SERVER = process.env['SCHOOL_SERVER'] ?? 'http://127.0.0.1:8000'
export const URL = `${SERVER}/graphql`
export const PASSWORD = 'gorod-demo-2026'

export type Mark = NonNullable<NonNullable<SetMarkMutation['setMark']>['mark']>
type Cell = { assignmentId: string; studentId: string }

export async function signIn(login: string, storage?: Pocket, url = URL): Promise<Session> {
  const session = new Session(url, storage)
  const { userErrors } = await session.signIn(login, PASSWORD)
  if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors))
  return session
}

export const MOTHER = 'parent.ivanova'
export const TEACHER = 'teacher.belova'

/** What the mother's first child is called by the API. */
export async function childOf(session: Session): Promise<string> {
  const { viewer } = await ask(session, '{ viewer { children { id } } }')
  return viewer.children[0].id
}

/** A mark 5 of the child, in an assignment that no other test knows. */
export async function newMark(teacher: Session) {
  const studentId = await childOf(await signIn(MOTHER))
  const { date, ...assignment } = await newAssignment(teacher, studentId)
  const cell = { assignmentId: assignment.id, studentId }
  return { cell, date, mark: await setMark(teacher, { ...cell, value: 5 }) }
}

export async function setMark(
  teacher: Session,
  input: SetMarkInput,
): Promise<Mark> {
  const { data, errors } = await request(teacher, SET_MARK, { input })
  const mark = data?.setMark?.mark
  if (!mark || data.setMark?.userErrors.length) throw new Error(JSON.stringify({ data, errors }))
  return mark
}

/** Changes a mark again and again, each time with another note, so that it is a change. */
export function changing(teacher: Session, cell: Cell, { version }: Mark) {
  return async (value: number): Promise<void> => {
    const input = { ...cell, value, comment: randomUUID(), expectedVersion: version }
    ;({ version } = await setMark(teacher, input))
  }
}

const SECTION = `query Section {
  sections(filter: { name: { contains: "7А Алгебра" } }) { nodes { id } }
  assignmentTypes { id }
}`
const JOURNAL = `query Journal($id: ID!, $from: Date!, $to: Date!) {
  journal(sectionId: $id, from: $from, to: $to) {
    lessons { id date }
    cells { lessonId studentId attendance { code } }
  }
}`
const CREATE = `mutation Create($input: CreateAssignmentInput!) {
  createAssignment(input: $input) { assignment { id } userErrors { code message } }
}`

/** In the last lesson that still takes marks and in which the child was present. */
async function newAssignment(teacher: Session, studentId: string): Promise<{ id: string; date: string }> {
  const { sections, assignmentTypes } = await ask(teacher, SECTION)
  const days = { from: daysAgo(150), to: daysAgo(0) }
  const { journal } = await ask(teacher, JOURNAL, { id: sections.nodes[0].id, ...days })
  const wasThere = (lesson: any) =>
    journal.cells.some(
      (cell: any) =>
        cell.lessonId === lesson.id &&
        cell.studentId === studentId &&
        cell.attendance?.code === 'PRESENT',
    )
  const refusals = []
  for (const lesson of journal.lessons.filter(wasThere).reverse()) {
    const { createAssignment: made } = await ask(teacher, CREATE, {
      input: {
        lessonId: lesson.id,
        assignmentTypeId: assignmentTypes[0].id,
        title: randomUUID(),
      },
    })
    if (made.assignment) return { ...made.assignment, date: lesson.date }
    refusals.push(made.userErrors)
  }
  throw new Error(`no lesson takes an assignment: ${JSON.stringify(refusals)}`)
}

/** The data, or whatever went wrong. */
export async function ask(session: Session, query: string, variables = {}): Promise<any> {
  const { data, errors } = await request(session, query, variables)
  if (errors || !data) throw new Error(JSON.stringify(errors))
  return data
}

const daysAgo = (days: number) =>
  new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

/** A place for tokens in which a test can look and change. */
export class Pocket {
  text: string | null = null
  getItem = () => this.text
  setItem = (_: string, text: string) => void (this.text = text)

  get accessToken(): string {
    return JSON.parse(this.text ?? '{}').accessToken
  }

  put(changes: object): void {
    this.text = JSON.stringify({ ...JSON.parse(this.text ?? '{}'), ...changes })
  }
}

/** Somebody whose access token the server refuses, since a newer one took its place. */
export async function withSpentToken(login: string): Promise<Session> {
  const pocket = new Pocket()
  const session = await signIn(login, pocket)
  const spent = pocket.accessToken
  await session.renew(spent)
  pocket.put({ accessToken: spent })
  return session
}

/** How often this process has asked for new tokens. */
export function countRenewals(): () => number {
  const { fetch } = globalThis
  let count = 0
  globalThis.fetch = (url, init) => {
    if (String(init?.body).includes('refreshSession')) count += 1
    return fetch(url, init)
  }
  return () => count
}

/** Requests of this process wait until the function is called that this returns. */
export function holdRequests(): () => void {
  const { fetch } = globalThis
  const { promise, resolve } = Promise.withResolvers<void>()
  globalThis.fetch = async (url, init) => {
    await promise
    return fetch(url, init)
  }
  return () => {
    globalThis.fetch = fetch
    resolve()
  }
}
