"""Sockets: the protocol `graphql-transport-ws`."""
