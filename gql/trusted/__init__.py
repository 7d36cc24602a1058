"""Trusted documents: reading manifests, judging what they hold, and making plans beforehand."""
