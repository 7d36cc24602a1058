"""Finding words that read like a translation: the mechanical part of the rules in CONTRIBUTING.md.

Docstrings and comments of our own code, descriptions of the schema, and names of functions.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEADLESS = re.compile(
    r"(?:^|(?<=[.;:!] )|(?<=\n))(What|Who|Whom|Whose|Whoever|Whatever|Whichever)\b(?![^.?]*\?)"
)
"""A sentence that begins with a "what" or "who" that has no noun; questions are none."""
BECAUSE = re.compile(
    r"[,;:] for (?:it|they|he|she|there|we|one|nobody|nothing|everybody|"
    r"(?:the|a|an|its|their|our) [\w`]+) (?:is|are|was|were|has|have|had|would|may|can|must|does|do"
    r"|\w+s)\b"
)
"""A "for" that means because."""
ONLY = re.compile(
    r"\b(?:is|are|was|were|has|have|had|takes?|asks?|reads?|knows?|needs?|costs?|holds?|or|and|to|of"
    r"|by|in|with) but (?:a|an|one|its|the|what|once|few|by|in|for|two)\b"
)
"""A "but" that means only."""
RULES = {"headless": HEADLESS, "for = because": BECAUSE, "but = only": ONLY}

PARTICIPLE = re.compile(r"[a-z]+ed")
NO_VERBS = frozenset(
    """
    about after again alike all alone already also among anew anyone apart around at away
    before behind below beside between both but by done each elsewhere everywhere few first
    for found from given here held hidden how in inside instead it itself kept known last
    late later least left less longer made many meant more most must near next no nobody
    none not nothing now nowhere of off on once one only or other ours out outer outside
    over own perhaps possible present ready rest said same seen sent several shown since so
    some spent still stood such sure taken taught that the them then there these they things
    this those though through to together told too twice under unless until up very what
    when where whether which while who whole whom whose why with within without worn written
    yes
    """.split()  # noqa: SIM905
)
"""Words that are no name of a function: pronouns, adverbs, prepositions, irregular participles."""
NOUNS_IN_ED = frozenset({"embed", "feed", "need", "seed", "speed", "shed", "proceed", "exceed"})
DECLARING = frozenset(
    {
        ("reads.py", "resolved"),
        ("relations.py", "many"),
        ("relations.py", "one"),
        ("relations.py", "only"),
        ("relations.py", "same"),
        ("values.py", "computed"),
        ("values.py", "guarded"),
        ("values.py", "keyed"),
    }
)
"""The words of `gql/bridge`, by which a feature declares its fields: they read like annotations."""


class Finding(NamedTuple):
    file: Path
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"


def find_in_text(file: Path, line: int, text: str) -> Iterator[Finding]:
    """Find violations in a text that stands at a line of a file."""
    flat = re.sub(r"(?<!\n)\n(?!\n)[ \t]*", " ", text)
    for rule, pattern in RULES.items():
        for found in pattern.finditer(flat):
            yield Finding(file, line, rule, flat[max(found.start() - 20, 0) : found.end() + 60])


def find_in_code(file: Path) -> Iterator[Finding]:
    """Find violations in the docstrings, comments and names of a Python file."""
    source = file.read_text()
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield from find_in_text(file, node.lineno, node.value.value)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from find_in_name(file, node)
    for line, comment in comments_of(source):
        yield from find_in_text(file, line, comment)


def comments_of(source: str) -> Iterator[tuple[int, str]]:
    """The comments, each with those that go on in the next line, and the line that it begins in."""
    begun, said, last = 0, "", -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line, text = token.start[0], token.string.lstrip("# ")
        if line == last + 1 and token.line.lstrip().startswith("#"):
            said = f"{said} {text}"
        else:
            if said:
                yield begun, said
            begun, said = line, text
        last = line
    if said:
        yield begun, said


def find_in_name(file: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
    """A function whose whole name is a participle, a pronoun or the like. A property is named like
    a field, and a decorator that makes one of a function may be, too."""
    if node.name.startswith("__"):
        return
    name = node.name.strip("_")
    decorators = {ast.unparse(one).split("(")[0].split(".")[-1] for one in node.decorator_list}
    if decorators & {"property", "cached_property", "setter", "fixture", "override"}:
        return
    if file.parent.name == "bridge" and (file.name, node.name) in DECLARING:
        return
    participle = PARTICIPLE.fullmatch(name) and name not in NOUNS_IN_ED
    if participle or name in NO_VERBS:
        yield Finding(file, node.lineno, "name", node.name)
