"""A server in this process, with budgets that the cases do not use up."""

from pathlib import Path

import pytest

from gql.settings import Settings
from tests.serving import settings_in

ROOMY = 1_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(
        tmp_path, most_points=ROOMY, most_stranger_points=ROOMY, most_school_points=ROOMY
    )
