"""Transports: what the protocols say of a request before GraphQL begins, a file each."""
