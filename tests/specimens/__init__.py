"""Specimens: for every type of row, rows that each scope of its rules shows, and rows that it
hides.

`declaring` defines how they are written, `stories` describes the people. A room of the domain is a
module; a feature that came later may have one of its own (`structure_clubs`). All are imported
here.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)
