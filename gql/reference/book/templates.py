"""The templates of the pages in `html/`, in which Jinja escapes every value."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gql.reference.book.texts import TEXTS

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent


@cache
def environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # loaded with the first page

    return Environment(
        loader=FileSystemLoader(HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, language: str, **values: Any) -> str:
    """Return a page in `ru` or `en`. In templates `t` has the texts of the language."""
    texts = TEXTS[language]
    return environment().get_template(template).render(language=language, t=texts, **values)
