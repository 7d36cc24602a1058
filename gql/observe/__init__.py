"""Observability: access log, metrics, traces and readiness of a running server."""
