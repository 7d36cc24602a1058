"""Output of commands: for a person, or with `--json` for a program."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

_WIDE = 400
T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can answer.")]


def make_console() -> "Console":
    """Make a console as wide as the terminal. Without a terminal no line is cut off, because a
    program may read it."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDE
    return console


def say(text: str) -> None:
    typer.echo(text)


def print_json(value: Any) -> None:
    import sys

    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(json.dumps(value, ensure_ascii=plain, indent=2, default=str))


def fail(text: str) -> NoReturn:
    typer.echo(f"gorod: {text}", err=True)
    raise typer.Exit(1)


def amount(number: int, noun: str) -> str:
    """Return an amount such as `1 document` or `2 documents`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def insist(yes: bool, what: str) -> None:
    """Ask a person to confirm a deletion, unless `--yes` was given. Exits if they do not."""
    import sys

    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{what} Say --yes if you mean it.")
    typer.confirm(f"{what} Go on?", abort=True)


def make_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    from rich import box
    from rich.table import Column, Table
    from rich.text import Text

    # A login that is cut off at the end cannot be used.
    whole = [Column(name, overflow="fold") for name in columns]
    drawn = Table(*whole, box=box.SIMPLE, pad_edge=False)
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


@contextmanager
def show_progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show a progress bar. Yields a function that takes the name of a step and the share of the
    work that is done, 0 to 1."""
    console = make_console()
    if not console.is_terminal:
        say(f"{title} …")
        yield lambda step, done: None
        return

    with _bar(console) as bar:
        task = bar.add_task(title, total=1.0, step="")
        yield lambda step, done: bar.update(task, completed=done, step=step)
        bar.update(task, completed=1.0, step="")


def show_count(title: str, items: Sequence[T]) -> Iterator[T]:
    """Yield the items, and show on a terminal how many are done. The bar goes to stderr, because
    another program may read stdout."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield from items
        return
    with _bar(console, transient=True) as bar:
        task = bar.add_task(title, total=len(items), step="")
        for number, item in enumerate(items, start=1):
            bar.update(task, step=f"{number} of {len(items)}")
            yield item
            bar.advance(task)


def _bar(console: "Console", *, transient: bool = False) -> "Progress":
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    step = TextColumn("{task.fields[step]}")
    return Progress(*columns, step, console=console, transient=transient)
