"""The reference of the schema for client developers and tools: files at `/schema/`, pages at
`/docs/`. All of it is generated from the schema and its declarations."""
