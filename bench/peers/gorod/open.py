"""Gorod without rights and walls, to see what they cost: every row of a school is everyone's, and
the user of the database passes through the walls."""

import os
import sys

from sqlalchemy import true

import auth.policy
import models.database.readers

auth.policy.reach = lambda *_: true()
models.database.readers.APP = os.environ["PGUSER"]

if __name__ == "__main__":
    from gql.cli import main  # not before: it takes what was just changed

    sys.argv = ["gorod", "serve", "--allow-demo"]
    main()
