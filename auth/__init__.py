"""Viewers, rights, and the rules of visibility. The package imports only `models`.

Each module of a room declares its rules when it is imported; all of them are imported here.
"""

from importlib import import_module
from pkgutil import walk_packages

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)
