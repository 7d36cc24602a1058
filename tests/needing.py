"""Things that some tests need and a machine may lack. Tests are skipped there for these reasons and
no others (`tests/plugin_skips.py`); `-rs` in `pyproject.toml` prints them."""

import os

import pytest

REDIS = "redis-server is not installed (Debian: apt install redis-server)"
ROOT = "only root can try this: run the test as root, too"
ROSTERS = "needs ../shared/data/oneroster, sets that are not ours to copy"
FILES = "a process may open too few files here: raise the hard limit (ulimit -Hn) to 4000"
MAY_BE_SKIPPED = (REDIS, ROOT, ROSTERS, FILES)

root_only = pytest.mark.skipif(os.geteuid() != 0, reason=ROOT)
