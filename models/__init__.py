"""Tables and the rules that need no database. The package imports nothing else of ours.

Each module of a room declares its tables when it is imported; all of them are imported here.
"""

from importlib import import_module
from pkgutil import iter_modules, walk_packages

for _module in iter_modules(__path__, f"{__name__}."):
    if _module.name != f"{__name__}.database":  # it declares no tables
        import_module(_module.name)
        if _module.ispkg:
            _room = import_module(_module.name)
            for _feature in walk_packages(_room.__path__, f"{_module.name}."):
                import_module(_feature.name)
