"""WebSocket: the protocol `graphql-transport-ws`."""
