"""Trusted documents: reading manifests, validating documents, and making plans in advance."""
