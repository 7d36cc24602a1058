// A list that loads page after page, in React.
import { graphql, useLazyLoadQuery, usePaginationFragment } from 'react-relay'

import type { NoticesList_query$key } from './__generated__/NoticesList_query.graphql.ts'
import type { NoticesQuery } from './__generated__/NoticesQuery.graphql.ts'

/** Stands inside `<Suspense>`, which shows something while the first page is loading. */
export function Notices({ pageSize }: { pageSize: number }) {
  const query = useLazyLoadQuery<NoticesQuery>(
    graphql`
      query NoticesQuery($count: Int!) {
        ...NoticesList_query @arguments(count: $count)
      }
    `,
    { count: pageSize },
  )
  return <List query={query} pageSize={pageSize} />
}

function List({ query, pageSize }: { query: NoticesList_query$key; pageSize: number }) {
  const { data, hasNext, loadNext } = usePaginationFragment(
    graphql`
      fragment NoticesList_query on Query
      @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
      @refetchable(queryName: "NoticesPageQuery") {
        notices(first: $count, after: $cursor) @connection(key: "NoticesList_notices") {
          edges {
            node { id title }
          }
        }
      }
    `,
    query,
  )
  return (
    <>
      <ul>
        {data.notices?.edges.map(({ node }) => <li key={node.id}>{node.title}</li>)}
      </ul>
      {hasNext && <button onClick={() => loadNext(pageSize)}>More</button>}
    </>
  )
}
