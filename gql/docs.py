"""Descriptions of the API, read from docstrings."""

import inspect
import re
from typing import Any


def read_doc(documented: Any) -> tuple[str, dict[str, str]]:
    """Split a docstring into its first paragraph and its `name: text` lines, which may continue
    indented. The lines of a class include those of its bases."""
    texts: dict[str, str] = {}
    bases = reversed(documented.__mro__) if isinstance(documented, type) else [documented]
    for one in bases:
        doc = inspect.cleandoc(getattr(one, "__doc__", None) or "")
        found = re.findall(r"^(\w+): (.+(?:\n[ ]+.+)*)", doc, re.MULTILINE)
        texts |= {name: " ".join(text.split()) for name, text in found}
    return summary_of(documented), texts


def summary_of(documented: Any) -> str:
    doc = inspect.cleandoc(getattr(documented, "__doc__", None) or "")
    return " ".join(doc.partition("\n\n")[0].split())


def join_sentences(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None
