"""Rows as JSON: their values, the rows they refer to, and those that refer to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, SelectionSetNode
from sqlalchemy import UnaryExpression
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import operators

from auth.actor import Viewer
from auth.policy import audited, is_certain, reach, seen
from gql.engine import marks
from gql.engine.denials import right_of
from gql.engine.operation import DEFINED, Asked, Operation
from gql.engine.scope import Scope
from gql.engine.sql import SCHOOL, Unspeakable, at, fragment, name_of, parameter, quoted, table
from gql.engine.sums import Among, Given, Sums, names
from gql.engine.telling import Telling, word_of
from gql.engine.text import NULL, Json, array, leaf, or_null
from models.base import OfSchool
from resolvers.reads import Told
from resolvers.shapes import (
    SUMS,
    Can,
    Computed,
    Guarded,
    Ident,
    Items,
    Keyed,
    Many,
    One,
    Own,
    Same,
    Via,
)

SCHOOL_TEXT = parameter("viewer_school_text") + "::TEXT"


@dataclass
class Writer:
    """Writes what one viewer may see of what an operation asks for."""

    operation: Operation
    viewer: Viewer
    aliases: int = 0
    tellings: dict[str, Telling] = field(default_factory=dict)
    is_special: bool = False
    """Whether rows of special categories may be among what is written."""
    keyed: dict[tuple[type[OfSchool], Keyed], int] = field(default_factory=dict)
    """Texts that Python makes, and the numbers in their marks."""
    asides: list[Any] = field(default_factory=list)
    """What is asked before the rest, in order of need."""

    def __post_init__(self) -> None:
        self.sums = Sums(self.asides)

    def told(self, part: Told[Any], returned: Any, asked: Asked) -> str:
        """A parameter for JSON that is known before the statement runs."""
        name = f"told{len(self.tellings)}"
        self.tellings[name] = Telling(part.ask, returned, asked)
        return f"{parameter(name)}::TEXT"

    def alias(self) -> str:
        self.aliases += 1
        return f"t{self.aliases}"

    def seen(self, row: type[OfSchool], alias: str) -> str:
        key = (seen, row, self.viewer)
        return fragment(key, lambda entity: seen(self.viewer, entity), row, alias)

    def scope(self, row: type[OfSchool], alias: str | None = None, given: Given = {}) -> Scope:  # noqa: B006  # never changed
        alias = alias or self.alias()
        return Scope(self, row, alias, table(row, alias), given)

    # -- objects ----------------------------------------------------------------------

    def object(
        self, type_: GraphQLObjectType, below: Sequence[SelectionSetNode], write: "WriteField"
    ) -> Json:
        """JSON of an object of the type, field by field."""
        json = Json()
        json.known("{")
        for number, asked in enumerate(self.operation.fields(type_, below)):
            json.known(f'{"," if number else ""}"{asked.key}":')
            if asked.name == "__typename":
                json.known(f'"{type_.name}"')
            elif (right := right_of(defined_as(type_, asked))) and not self.holds(right):
                json.known(NULL)
            else:
                write(json, asked)
        json.known("}")
        return json

    def holds(self, right: Any) -> bool:
        return bool(self.viewer.scopes(right))

    def row(
        self, type_: GraphQLObjectType, below: Sequence[SelectionSetNode], scope: Scope, alias: str,
        row: type[OfSchool],
    ) -> Json:  # fmt: skip
        """JSON of the row that stands under an alias."""

        def write(json: Json, asked: Asked) -> None:
            word = word_of(type_, asked)
            returned = type_.fields[asked.name].type
            if asked.name == "id" and word is None:
                self.ident(json, Ident(row, "id"), alias)
            elif word is None:
                column = getattr(row, type_.fields[asked.name].extensions[DEFINED].python_name)
                json.made(leaf(returned, at(alias, column)))
            else:
                self.field(json, asked, word.shape, returned, scope, alias, row)

        found = self.object(type_, below, write)
        return self.marked(found, row, alias) if row in audited else found

    def marked(self, found: Json, row: type[OfSchool], alias: str) -> Json:
        """A row of a special category, with a mark before it that says whose it is: that it was
        read goes into the audit log. `marks.taken` reads the marks and takes them out."""
        self.is_special = True
        json = Json().known(marks.BEGIN + row.api_name() + marks.OF)
        return json.made(at(alias, audited[row])).known(marks.END).made(found)

    def field(
        self, json: Json, asked: Asked, shape: Any, returned: Any, scope: Scope, alias: str,
        row: type[OfSchool],
    ) -> None:  # fmt: skip
        type_ = bare(returned)
        if isinstance(shape, Same):
            with scope.beyond():
                json.made(self.row(type_, asked.below, scope, alias, row))
        elif isinstance(shape, One):
            far = scope.join(alias, shape.path, see=True, near=row)
            with scope.beyond():
                found = self.row(type_, asked.below, scope, far, shape.target)
            json.made(f"CASE WHEN {far}.id IS NULL THEN 'null' ELSE {found} END")
        elif isinstance(shape, Many):
            json.made(self.many(shape, type_, asked, scope, alias, row))
        elif isinstance(shape, Items):
            json.made(self.items(shape, type_, asked, alias, row))
        elif isinstance(shape, Can):
            json.made(self.rights(shape, type_, asked, alias, row))
        elif isinstance(shape, Ident):
            self.ident(json, shape, alias)
        elif isinstance(shape.shape if isinstance(shape, Guarded) else shape, Keyed):
            json.made(or_null(self.value(shape, scope, alias, row)))
        else:
            json.made(leaf(returned, self.value(shape, scope, alias, row)))

    def ident(self, json: Json, shape: Ident, alias: str) -> None:
        """A global id."""
        json.known(f'"{shape.row.api_name()}:')
        json.made(SCHOOL_TEXT)
        json.known("-")
        json.made(f"{alias}.{name_of(shape.column)}")
        json.known('"')

    # -- values -----------------------------------------------------------------------

    def value(self, shape: Any, scope: Scope, alias: str, row: type[OfSchool]) -> str:
        """SQL of a value of the row."""
        if isinstance(shape, Own):
            return at(alias, getattr(row, shape.column))
        if isinstance(shape, Via):
            return at(scope.join(alias, shape.path, see=False), shape.column)
        if isinstance(shape, Computed):
            if (summed := self.summed(shape, scope)) is not None:
                return summed
            given = scope.given
            key = (shape.formula, row, self.viewer, *names(given))
            return fragment(key, lambda e: shape.expression(self.viewer, e, **given), row, alias)
        if isinstance(shape, Guarded):
            right = shape.right
            key = (reach, right, row, self.viewer)
            reached = fragment(key, lambda e: reach(self.viewer, e, right), row, alias)
            return f"CASE WHEN {reached} THEN {self.value(shape.shape, scope, alias, row)} END"
        if isinstance(shape, Keyed):
            return self.mark(shape, alias, row)
        raise Unspeakable

    def mark(self, shape: Keyed, alias: str, row: type[OfSchool]) -> str:
        """SQL of the mark where a text belongs that Python makes; null where there is no text.
        `marks.filled` puts the text there."""
        number = self.keyed.setdefault((row, shape), len(self.keyed))
        json = Json().known(f"{marks.BEGIN_KEYED}{number}")
        for name in shape.columns:
            column = getattr(row, name)
            type_ = column.property.columns[0].type
            json.known(marks.OF).made(marks.value_in_mark(at(alias, column), type_))
        mark = f"({json.known(marks.END)})"
        if shape.when is None:
            return mark
        return f"CASE WHEN {at(alias, getattr(row, shape.when))} IS NOT NULL THEN {mark} END"

    def summed(self, shape: Computed, scope: Scope) -> str | None:
        """SQL of a value that is summed up for all rows at once, if it can be."""
        if scope.among is None or (found := SUMS.get(shape.formula)) is None:
            return None
        if (table := self.sums.table(found, self.viewer, scope.given, scope.among)) is None:
            return None
        scope.summed[table.name] = table
        return table.value(found, scope.alias)

    def rights(
        self, shape: Can, type_: GraphQLObjectType, asked: Asked, alias: str, row: type[OfSchool]
    ) -> Json:
        def write(json: Json, right: Asked) -> None:
            python_name = type_.fields[right.name].extensions[DEFINED].python_name
            held = self.value(shape.rights[python_name], self.nowhere(row, alias), alias, row)
            json.made(leaf(type_.fields[right.name].type, held))

        return self.object(type_, asked.below, write)

    def items(
        self, shape: Items, type_: GraphQLObjectType, asked: Asked, alias: str, row: type[OfSchool]
    ) -> Json:
        one = self.alias()

        def write(json: Json, part: Asked) -> None:
            name = type_.fields[part.name].extensions[DEFINED].python_name
            json.made(f"({one}.v -> {quoted(name)})::text")

        found = self.object(type_, asked.below, write)
        column = at(alias, getattr(row, shape.column))
        source = f"jsonb_array_elements({column}) WITH ORDINALITY AS {one}(v, n)"
        return array(f"(SELECT string_agg({found}, ',' ORDER BY {one}.n) FROM {source})")

    def nowhere(self, row: type[OfSchool], alias: str) -> Scope:
        """A scope for what needs no joins."""
        return Scope(self, row, alias, "")

    # -- rows that refer --------------------------------------------------------------

    def many(
        self, many: Many, type_: GraphQLObjectType, asked: Asked, scope: Scope, alias: str,
        row: type[OfSchool],
    ) -> str | Json:  # fmt: skip
        link: Any = many.reference.class_
        inner = self.scope(link, given=scope.given if many.shown_as else {})
        near = row_alias = inner.alias
        at_once = scope.rows and alias == scope.alias and not (many.match or many.single)
        if at_once:
            inner.among = Among(link, many.reference.key, scope.ids())
        if many.to is not None:
            row_alias = self.alias()
            same = f"{row_alias}.school_id = {SCHOOL} AND {row_alias}.id = {at(near, many.to)}"
            inner.source += f" JOIN {table(many.target, row_alias)} ON {same}"
        where = [f"{near}.school_id = {SCHOOL}"]
        if many.match:
            mine, theirs = many.match
            where.append(f"{at(near, theirs)} = {alias}.{name_of(mine)}")
        if condition := many.where:
            given = scope.given
            key = (condition, link, self.viewer, *names(given))
            expression: Any = lambda e: condition(self.viewer, e, **given)  # noqa: E731
            where.append(fragment(key, expression, link, near))
        if many.right:
            key = (Many.seen, many.right, many.target, self.viewer)
            see: Any = lambda e: many.seen(self.viewer, e)  # noqa: E731
            where.append(fragment(key, see, many.target, row_alias))
        elif many.to is not None or not is_certain(self.viewer, many.reference, row, many.target):
            where.append(self.seen(many.target, row_alias))
        found = self.row(type_, asked.below, inner, row_alias, many.target)
        order = self.order((*many.order, link.id), inner, near, link)
        source = inner.source + "".join(table.on(near) for table in inner.summed.values())
        rows, refers = f"string_agg({found}, ',' ORDER BY {order})", at(near, many.reference)
        if at_once:
            among = " AND ".join([*where, f"{refers} = ANY(ARRAY({scope.ids()}))"])
            query = f"SELECT {refers} AS k, {rows} AS c FROM {source} WHERE {among} GROUP BY 1"
            return array(f"{scope.beside(query)}.c")
        conditions = " AND ".join([*where, f"{refers} = {alias}.id"])
        if not many.single:
            return array(f"(SELECT {rows} FROM {source} WHERE {conditions})")
        first = "" if many.is_unique else f" ORDER BY {order} LIMIT 1"
        return f"coalesce((SELECT {found} FROM {source} WHERE {conditions}{first}), 'null')"

    def order(self, keys: Sequence[Any], scope: Scope, alias: str, row: type[OfSchool]) -> str:
        """The keys of an order: columns, `.desc()` of them, or `Via`."""
        return ", ".join(self.key(key, scope, alias, row) for key in keys)

    def key(self, key: Any, scope: Scope, alias: str, row: type[OfSchool]) -> str:
        if isinstance(key, UnaryExpression) and key.modifier is operators.desc_op:
            return f"{alias}.{name_of(key.element.key)} DESC"  # type: ignore[arg-type]
        if isinstance(key, InstrumentedAttribute):
            return at(alias, key)
        return self.value(key, scope, alias, row)


def defined_as(type_: GraphQLObjectType, asked: Asked) -> Any:
    """Strawberry's definition of a field that is asked for."""
    return type_.fields[asked.name].extensions.get(DEFINED)


WriteField = Callable[[Json, Asked], None]


def bare(type_: Any) -> Any:
    """The object type in a list or a non-null."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return type_
