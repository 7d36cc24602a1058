"""Rows as JSON: their values, the rows they refer to, and those that refer to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    SelectionSetNode,
)
from sqlalchemy import UnaryExpression
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import operators

from auth.actor import Column, Viewer
from auth.policy import audited, is_certain, is_visible, reach
from auth.rights import Right
from gql.engine import marks
from gql.engine.declared import at, fragment, name_of, table
from gql.engine.optimisations import Optimisation, is_on
from gql.engine.scope import Scope
from gql.engine.sql import (
    EMPTY,
    SCHOOL,
    Name,
    Parameter,
    Sql,
    Unspeakable,
    Written,
    constant,
    joined,
    sql,
)
from gql.engine.sums import Among, Given, Sums, names
from gql.engine.telling import Telling, word_of
from gql.engine.text import NULL, Json, array, leaf, or_null
from gql.execution.denials import right_of
from gql.execution.operation import DEFINED, Asked, Operation
from models.base import OfSchool
from resolvers.core.reads import ActorValue
from resolvers.core.shapes import (
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
    Shape,
    Via,
)

Key: TypeAlias = Column | Via | Guarded
"""What rows are ordered by: columns, `.desc()` of them, or values of other rows."""

SCHOOL_TEXT = sql("{id}::TEXT", id=Parameter("viewer_school_text"))


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
    asides: list[Written] = field(default_factory=list)
    """What is asked before the rest, in order of need."""

    def __post_init__(self) -> None:
        self.sums = Sums(self.asides)

    def told(self, part: ActorValue[object], returned: GraphQLOutputType, asked: Asked) -> Sql:
        """A parameter for JSON that is known before the statement runs."""
        name = f"told{len(self.tellings)}"
        self.tellings[name] = Telling(part.ask, returned, asked)
        return sql("{value}::TEXT", value=Parameter(name))

    def alias(self) -> Name:
        self.aliases += 1
        return Name(f"t{self.aliases}")

    def seen(self, row: type[OfSchool], alias: Name) -> Sql:
        key = (is_visible, row, self.viewer)
        return fragment(key, lambda entity: is_visible(self.viewer, entity), row, alias)

    def scope(self, row: type[OfSchool], alias: Name | None = None, given: Given = {}) -> Scope:  # noqa: B006  # never changed
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

    def holds(self, right: Right) -> bool:
        return bool(self.viewer.scopes(right))

    def row(
        self, type_: GraphQLObjectType, below: Sequence[SelectionSetNode], scope: Scope,
        alias: Name, row: type[OfSchool],
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

    def marked(self, found: Json, row: type[OfSchool], alias: Name) -> Json:
        """A row of a special category, with a mark before it that says whose it is: that it was
        read goes into the audit log. `marks.taken` reads the marks and takes them out."""
        self.is_special = True
        json = Json().known(marks.BEGIN + row.api_name() + marks.OF)
        return json.made(at(alias, audited[row])).known(marks.END).made(found)

    def field(
        self, json: Json, asked: Asked, shape: Shape | None, returned: GraphQLOutputType,
        scope: Scope, alias: Name, row: type[OfSchool],
    ) -> None:  # fmt: skip
        type_ = bare(returned)
        if isinstance(shape, Same):
            with scope.beyond():
                json.made(self.row(type_, asked.below, scope, alias, row))
        elif isinstance(shape, One):
            far = scope.join(alias, shape.path, see=True, near=row)
            with scope.beyond():
                found = self.row(type_, asked.below, scope, far, shape.target)
            case = "CASE WHEN {far}.id IS NULL THEN 'null' ELSE {found} END"
            json.made(sql(case, far=far, found=found))
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

    def ident(self, json: Json, shape: Ident, alias: Name) -> None:
        """A global id."""
        json.known(f'"{shape.row.api_name()}:')
        json.made(SCHOOL_TEXT)
        json.known("-")
        json.made(sql("{alias}.{column}", alias=alias, column=name_of(shape.column)))
        json.known('"')

    # -- values -----------------------------------------------------------------------

    def value(self, shape: Shape | None, scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
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
            value = self.value(shape.shape, scope, alias, row)
            return sql("CASE WHEN {reached} THEN {value} END", reached=reached, value=value)
        if isinstance(shape, Keyed):
            return self.mark(shape, alias, row)
        raise Unspeakable

    def mark(self, shape: Keyed, alias: Name, row: type[OfSchool]) -> Sql:
        """SQL of the mark where a text belongs that Python makes; null where there is no text.
        `marks.filled` puts the text there."""
        number = self.keyed.setdefault((row, shape), len(self.keyed))
        json = Json().known(f"{marks.BEGIN_KEYED}{number}")
        for name in shape.columns:
            column = getattr(row, name)
            type_ = column.property.columns[0].type
            json.known(marks.OF).made(marks.value_in_mark(at(alias, column), type_))
        mark = sql("({mark})", mark=json.known(marks.END))
        if shape.when is None:
            return mark
        when = at(alias, getattr(row, shape.when))
        return sql("CASE WHEN {when} IS NOT NULL THEN {mark} END", when=when, mark=mark)

    def summed(self, shape: Computed, scope: Scope) -> Sql | None:
        """SQL of a value that is summed up for all rows at once, if it can be."""
        if scope.among is None or (found := SUMS.get(shape.formula)) is None:
            return None
        if not is_on(Optimisation.SUMS_AT_ONCE):
            return None
        if (table := self.sums.table(found, self.viewer, scope.given, scope.among)) is None:
            return None
        scope.summed[table.name] = table
        return table.value(found, scope.alias)

    def rights(
        self, shape: Can, type_: GraphQLObjectType, asked: Asked, alias: Name, row: type[OfSchool]
    ) -> Json:
        def write(json: Json, right: Asked) -> None:
            python_name = type_.fields[right.name].extensions[DEFINED].python_name
            held = self.value(shape.rights[python_name], self.nowhere(row, alias), alias, row)
            json.made(leaf(type_.fields[right.name].type, held))

        return self.object(type_, asked.below, write)

    def items(
        self, shape: Items, type_: GraphQLObjectType, asked: Asked, alias: Name, row: type[OfSchool]
    ) -> Json:
        one = self.alias()

        def write(json: Json, part: Asked) -> None:
            name = type_.fields[part.name].extensions[DEFINED].python_name
            json.made(sql("({one}.v -> {name})::text", one=one, name=constant(name)))

        found = self.object(type_, asked.below, write)
        column = at(alias, getattr(row, shape.column))
        every = sql(
            "(SELECT string_agg({found}, ',' ORDER BY {one}.n)"
            " FROM jsonb_array_elements({column}) WITH ORDINALITY AS {one}(v, n))",
            found=found, one=one, column=column,
        )  # fmt: skip
        return array(every)

    def nowhere(self, row: type[OfSchool], alias: Name) -> Scope:
        """A scope for what needs no joins."""
        return Scope(self, row, alias, EMPTY)

    # -- rows that refer --------------------------------------------------------------

    def many(
        self, many: Many, type_: GraphQLObjectType, asked: Asked, scope: Scope, alias: Name,
        row: type[OfSchool],
    ) -> Sql | Json:  # fmt: skip
        link: Any = many.reference.class_
        inner = self.scope(link, given=scope.given if many.shown_as else {})
        near = row_alias = inner.alias
        at_once = scope.rows and alias == scope.alias and not (many.match or many.single)
        at_once = at_once and is_on(Optimisation.LISTS_AT_ONCE)
        if at_once:
            inner.among = Among(link, many.reference.key, scope.ids())
        if many.to is not None:
            row_alias = self.alias()
            inner.joins.append(sql(
                " JOIN {table} ON {far}.school_id = {school} AND {far}.id = {near}",
                table=table(many.target, row_alias), far=row_alias, school=SCHOOL,
                near=at(near, many.to),
            ))  # fmt: skip
        where = [sql("{near}.school_id = {school}", near=near, school=SCHOOL)]
        if many.match:
            mine, theirs = many.match
            same = "{theirs} = {alias}.{mine}"
            where.append(sql(same, theirs=at(near, theirs), alias=alias, mine=name_of(mine)))
        if condition := many.where:
            given = scope.given
            key = (condition, link, self.viewer, *names(given))
            where.append(fragment(key, lambda e: condition(self.viewer, e, **given), link, near))
        if many.right:
            seen_by = (Many.is_seen, many.right, many.target, self.viewer)
            see = partial(many.is_seen, self.viewer)
            where.append(fragment(seen_by, see, many.target, row_alias))
        elif many.to is not None or not self.is_certain(many, row):
            where.append(self.seen(many.target, row_alias))
        found = self.row(type_, asked.below, inner, row_alias, many.target)
        order = self.order((*many.order, link.id), inner, near, link)
        source = joined("", [inner.source, *(table.on(near) for table in inner.summed.values())])
        rows = sql("string_agg({found}, ',' ORDER BY {order})", found=found, order=order)
        refers = at(near, many.reference)
        if at_once:
            where.append(sql("{refers} = ANY(ARRAY({ids}))", refers=refers, ids=scope.ids()))
            query = sql(
                "SELECT {refers} AS k, {rows} AS c FROM {source} WHERE {among} GROUP BY 1",
                refers=refers, rows=rows, source=source, among=joined(" AND ", where),
            )  # fmt: skip
            return array(sql("{beside}.c", beside=scope.beside(query)))
        where.append(sql("{refers} = {alias}.id", refers=refers, alias=alias))
        conditions = joined(" AND ", where)
        if not many.single:
            every = "(SELECT {rows} FROM {source} WHERE {conditions})"
            return array(sql(every, rows=rows, source=source, conditions=conditions))
        first = EMPTY if many.is_unique else sql(" ORDER BY {order} LIMIT 1", order=order)
        return sql(
            "coalesce((SELECT {found} FROM {source} WHERE {conditions}{first}), 'null')",
            found=found, source=source, conditions=conditions, first=first,
        )  # fmt: skip

    def is_certain(self, many: Many, row: type[OfSchool]) -> bool:
        """Whether the viewer sees the rows that refer because they see the row."""
        is_certain_ = is_certain(self.viewer, many.reference, row, many.target)
        return is_certain_ and is_on(Optimisation.CERTAIN_ROWS)

    def order(self, keys: Sequence[Key], scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
        """The keys of an order: columns, `.desc()` of them, or `Via`."""
        return joined(", ", [self.key(key, scope, alias, row) for key in keys])

    def key(self, key: Key, scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
        if isinstance(key, UnaryExpression) and key.modifier is operators.desc_op:
            column = name_of(str(key.element.key))
            return sql("{alias}.{column} DESC", alias=alias, column=column)
        if isinstance(key, InstrumentedAttribute):
            return at(alias, key)
        if isinstance(key, Via | Guarded):
            return self.value(key, scope, alias, row)
        raise Unspeakable


def defined_as(type_: GraphQLObjectType, asked: Asked) -> object:
    """Strawberry's definition of a field that is asked for."""
    return type_.fields[asked.name].extensions.get(DEFINED)


WriteField = Callable[[Json, Asked], None]


def bare(type_: GraphQLOutputType) -> Any:
    """The object type in a list or a non-null."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return type_
