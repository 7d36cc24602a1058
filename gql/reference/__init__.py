"""What client developers and their tools read about the schema: files at `/schema/`, pages at
`/docs/`. All of it is derived from the schema and the declarations behind it."""
