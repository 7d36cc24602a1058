"""Pages are made of the templates in `html/`, in which Jinja escapes every value."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gql.reference.texts import TEXTS

HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = prose
    return made


def render(template: str, language: str, **values: Any) -> str:
    """A page in `ru` or `en`. In templates `t` holds the texts of the language."""
    texts = TEXTS[language]
    return environment().get_template(template).render(language=language, t=texts, **values)


def prose(text: str | None) -> Markup:
    """A description as HTML: what stands in backticks is code."""
    parts = (text or "").split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else Markup("{}").format(part)
        for place, part in enumerate(parts)
    )
