"""Transports: HTTP and WebSocket, the part of a request before GraphQL begins."""
