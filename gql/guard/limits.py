"""Limits of one request, with advice for requests that exceed them."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.problems import Advice


class Limits(BaseModel):
    """The limits of one request, in the order in which they are checked: the cheap ones first; see
    `gql.transport.http`. They are settings: `most_tokens` is the variable `GOROD_MOST_TOKENS`. Each
    has advice for requests that exceed it (`gql.guard.over_limit`)."""

    model_config = ConfigDict(frozen=True)

    most_body: int = Field(default=262_144, ge=1024, description="Bytes of a body, or of a frame.")
    most_stranger_body: int = Field(
        default=16_384, ge=1024, description="Bytes of the body of one who is not signed in."
    )
    most_nesting: Annotated[
        int,
        Advice(
            en="Lists and objects of variables may stand up to {most} deep inside each other: send "
            "flatter ones.",
            ru="Наибольшая глубина списков и объектов в переменных — {most}: пришлите менее "
            "вложенные.",
        ),
    ] = Field(
        default=30, ge=5, le=100, description="Lists and objects of variables inside each other."
    )
    most_values: Annotated[
        int,
        Advice(
            en="Variables may hold up to {most} values: send the rest in another request.",
            ru="Наибольшее число значений в переменных — {most}: остальные пришлите другим "
            "запросом.",
        ),
    ] = Field(default=5_000, ge=10, description="Values in the variables.")
    most_stranger_values: Annotated[
        int,
        Advice(
            en="Variables of one who is not signed in may hold up to {most} values: sign in, or "
            "send fewer.",
            ru="Наибольшее число значений в переменных без входа в систему — {most}: войдите или "
            "пришлите меньше.",
        ),
    ] = Field(
        default=100, ge=10, description="Values in the variables of one who is not signed in."
    )
    most_lines: Annotated[
        int,
        Advice(
            en="A document may have up to {most} lines: remove empty ones, or split it into "
            "several documents.",
            ru="Наибольшее число строк в документе — {most}: уберите пустые или разделите документ "
            "на несколько.",
        ),
    ] = Field(default=10_000, ge=100, description="Lines of a document.")
    most_tokens: Annotated[
        int,
        Advice(
            en="A document may have up to {most} tokens (names, numbers, brackets): send values as "
            "variables, or split it into several documents.",
            ru="Наибольшее число лексем (имён, чисел, скобок) в документе — {most}: передайте "
            "значения переменными или разделите документ на несколько.",
        ),
    ] = Field(default=2_000, ge=100, description="Tokens of a document.")
    most_stranger_tokens: Annotated[
        int,
        Advice(
            en="A document of one who is not signed in may have up to {most} tokens (names, "
            "numbers, brackets): sign in, or ask for less.",
            ru="Наибольшее число лексем (имён, чисел, скобок) в документе без входа в систему — "
            "{most}: войдите или спросите меньше.",
        ),
    ] = Field(default=500, ge=100, description="Tokens of a document of one who is not signed in.")
    most_operations: Annotated[
        int,
        Advice(
            en="A document may have up to {most} operations: send only the one that is to run.",
            ru="Наибольшее число операций в документе — {most}: пришлите только ту, которую надо "
            "выполнить.",
        ),
    ] = Field(default=50, ge=1, description="Operations of a document.")
    most_fragments: Annotated[
        int,
        Advice(
            en="A document may have up to {most} fragments: send only those that the operation "
            "spreads.",
            ru="Наибольшее число фрагментов в документе — {most}: пришлите только те, что нужны "
            "операции.",
        ),
    ] = Field(default=60, ge=0, description="Fragments of a document.")
    most_variables: Annotated[
        int,
        Advice(
            en="An operation may declare up to {most} variables: put what belongs together into "
            "one variable of an input type.",
            ru="Наибольшее число переменных операции — {most}: объедините связанные значения в "
            "одну переменную входного типа.",
        ),
    ] = Field(default=50, ge=1, description="Variables of an operation.")
    most_root_fields: Annotated[
        int,
        Advice(
            en="An operation may have up to {most} root fields: send the others in another "
            "request.",
            ru="Наибольшее число корневых полей операции — {most}: остальные пришлите другим "
            "запросом.",
        ),
    ] = Field(default=10, ge=1, description="Root fields of an operation.")
    most_mutations: Annotated[
        int,
        Advice(
            en="A mutation may have up to {most} root fields: send the others in another request, "
            "or use a mutation that takes several items, e.g. `setMarks`.",
            ru="Наибольшее число корневых полей мутации — {most}: остальные пришлите другим "
            "запросом или возьмите мутацию, принимающую сразу несколько элементов, например "
            "`setMarks`.",
        ),
    ] = Field(default=4, ge=1, description="Root fields of a mutation.")
    most_directives: Annotated[
        int,
        Advice(
            en="A document may have up to {most} directives: leave the fields out instead of "
            "skipping them.",
            ru="Наибольшее число директив в документе — {most}: уберите ненужные поля вместо того, "
            "чтобы их пропускать.",
        ),
    ] = Field(default=50, ge=0, description="Directives of a document.")
    most_literals: Annotated[
        int,
        Advice(
            en="Lists and objects of a document may hold up to {most} values: send them as "
            "variables.",
            ru="Наибольшее число значений в списках и объектах документа — {most}: передайте их "
            "переменными.",
        ),
    ] = Field(default=500, ge=10, description="Values in lists and objects of a document.")
    most_repeated: Annotated[
        int,
        Advice(
            en="Up to {most} fields may stand in a selection more than once: write each of them "
            "once.",
            ru="Наибольшее число повторов полей в одном и том же наборе — {most}: напишите каждое "
            "поле один раз.",
        ),
    ] = Field(default=30, ge=0, description="Fields that stand in a selection more than once.")
    most_depth: Annotated[
        int,
        Advice(
            en="Fields may stand up to {most} deep inside each other: ask for what lies deeper in "
            "another request that begins with `node(id:)`.",
            ru="Наибольшая вложенность полей — {most}: то, что глубже, спросите другим запросом, "
            "который начинается с `node(id:)`.",
        ),
    ] = Field(default=12, ge=1, description="Fields inside each other.")
    most_fields: Annotated[
        int,
        Advice(
            en="An operation may have up to {most} fields, each spread of a fragment counted anew: "
            "select fewer, or split it into several requests.",
            ru="Наибольшее число полей операции — {most}, фрагмент считается при каждом "
            "включении: выберите меньше полей или разделите её на несколько запросов.",
        ),
    ] = Field(default=1_000, ge=10, description="Fields of an operation, fragments spread.")
    most_aliases: Annotated[
        int,
        Advice(
            en="An operation may have up to {most} aliases, each spread of a fragment counted "
            "anew: ask for several records by a field that takes a list, e.g. `nodes(ids:)`, or "
            "in several requests.",
            ru="Наибольшее число псевдонимов операции — {most}, фрагмент считается при каждом "
            "включении: несколько записей спросите полем, которое принимает список, например "
            "`nodes(ids:)`, или несколькими запросами.",
        ),
    ] = Field(default=30, ge=0, description="Aliases of an operation, fragments spread.")
    most_cost: Annotated[
        int,
        Advice(
            en="An operation may cost up to {most}, a point an object, lists inside lists "
            "multiplied: ask for shorter pages (`first`), or for lists inside lists in requests "
            "of their own.",
            ru="Наибольшая стоимость операции — {most}: это число объектов, у списков внутри "
            "списков оно перемножается. Спросите страницы короче (`first`) или вложенные списки "
            "отдельными запросами.",
        ),
    ] = Field(
        default=30_000,
        ge=100,
        description="Objects that an operation asks for, lists inside lists multiplied.",
    )
    most_kept: int = Field(
        default=64,
        ge=1,
        description="Megabytes of documents and their plans that are kept in memory.",
    )


def limits_table() -> Iterator[str]:
    """Yield the lines of README's table of limits of a request."""
    yield "| `limit` | setting | default | what is counted |"
    yield "|---|---|---|---|"
    for name, setting in Limits.model_fields.items():
        limit = f"`{name.removeprefix('most_').removeprefix('stranger_')}`"
        default = f"{setting.default:,}".replace(",", " ")
        shown = "–" if name == "most_kept" else limit  # it refuses nothing
        yield f"| {shown} | `GOROD_{name.upper()}` | {default} | {setting.description} |"
