"""Rows as JSON: their values, the rows they refer to, and the rows that refer to them."""

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
from gql.engine import markers
from gql.engine.known_values import KnownValue, word_of
from gql.engine.optimisations import Optimisation, is_on
from gql.engine.scope import Scope
from gql.engine.sql import (
    EMPTY,
    SCHOOL,
    Name,
    NotCompilable,
    Parameter,
    Sql,
    SqlNode,
    constant,
    join_sql,
    sql,
)
from gql.engine.sqlalchemy_compiler import column_at, fragment, name_of, table
from gql.engine.sums import Given, ListMembers, Sums, key_of_given
from gql.engine.text import NULL, Json, array, leaf, or_null
from gql.execution.denials import right_of
from gql.execution.operation import DEFINED, Operation, SelectedField
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
"""A key of an order: a column, `.desc()` of one, or a value of another row."""

SCHOOL_TEXT = sql("{id}::TEXT", id=Parameter("viewer_school_text"))


@dataclass
class ObjectWriter:
    """Writes the selected fields of objects as SQL, as far as the viewer may see them."""

    operation: Operation
    viewer: Viewer
    aliases: int = 0
    known_values: dict[str, KnownValue] = field(default_factory=dict)
    is_special: bool = False
    """Whether rows of special categories may be in the answer."""
    keyed: dict[tuple[type[OfSchool], Keyed], int] = field(default_factory=dict)
    """Texts that Python makes, with the numbers in their markers."""
    ctes: list[SqlNode] = field(default_factory=list)
    """The common table expressions of the statement, in order."""

    def __post_init__(self) -> None:
        self.sums = Sums(self.ctes)

    def actor_value(
        self, part: ActorValue[object], returned: GraphQLOutputType, asked: SelectedField
    ) -> Sql:
        """Return a parameter for a value of the actor, which is known before the statement runs."""
        name = f"told{len(self.known_values)}"
        self.known_values[name] = KnownValue(part.ask, returned, asked)
        return sql("{value}::TEXT", value=Parameter(name))

    def alias(self) -> Name:
        self.aliases += 1
        return Name(f"t{self.aliases}")

    def is_seen(self, row: type[OfSchool], alias: Name) -> Sql:
        key = (is_visible, row, self.viewer)
        return fragment(key, lambda entity: is_visible(self.viewer, entity), row, alias)

    def scope(self, row: type[OfSchool], alias: Name | None = None, given: Given = {}) -> Scope:  # noqa: B006  # never changed
        alias = alias or self.alias()
        return Scope(self, row, alias, table(row, alias), given)

    # -- objects ----------------------------------------------------------------------

    def object(
        self, type_: GraphQLObjectType, below: Sequence[SelectionSetNode], write: "WriteField"
    ) -> Json:
        """Write the JSON of an object of the type, field by field."""
        json = Json()
        json.add_text("{")
        for number, asked in enumerate(self.operation.fields(type_, below)):
            json.add_text(f'{"," if number else ""}"{asked.key}":')
            if asked.name == "__typename":
                json.add_text(f'"{type_.name}"')
            elif (right := right_of(defined_as(type_, asked))) and not self.holds(right):
                json.add_text(NULL)
            else:
                write(json, asked)
        json.add_text("}")
        return json

    def holds(self, right: Right) -> bool:
        return bool(self.viewer.scopes(right))

    def row(
        self, type_: GraphQLObjectType, below: Sequence[SelectionSetNode], scope: Scope,
        alias: Name, row: type[OfSchool],
    ) -> Json:  # fmt: skip
        """Write the JSON of the row under an alias."""

        def write(json: Json, asked: SelectedField) -> None:
            word = word_of(type_, asked)
            returned = type_.fields[asked.name].type
            if asked.name == "id" and word is None:
                self.ident(json, Ident(row, "id"), alias)
            elif word is None:
                column = getattr(row, type_.fields[asked.name].extensions[DEFINED].python_name)
                json.add_sql(leaf(returned, column_at(alias, column)))
            else:
                self.field(json, asked, word.shape, returned, scope, alias, row)

        found = self.object(type_, below, write)
        return self.mark_special(found, row, alias) if row in audited else found

    def mark_special(self, found: Json, row: type[OfSchool], alias: Name) -> Json:
        """Put a marker before a row of a special category, with the key of the person: the audit
        log records the reading. `markers.take_out_markers` reads the markers."""
        self.is_special = True
        json = Json().add_text(markers.BEGIN + row.api_name() + markers.OF)
        return json.add_sql(column_at(alias, audited[row])).add_text(markers.END).add_sql(found)

    def field(
        self, json: Json, asked: SelectedField, shape: Shape | None, returned: GraphQLOutputType,
        scope: Scope, alias: Name, row: type[OfSchool],
    ) -> None:  # fmt: skip
        type_ = object_type_of(returned)
        if isinstance(shape, Same):
            with scope.without_given():
                json.add_sql(self.row(type_, asked.below, scope, alias, row))
        elif isinstance(shape, One):
            far = scope.join(alias, shape.path, see=True, near=row)
            with scope.without_given():
                found = self.row(type_, asked.below, scope, far, shape.target)
            case = "CASE WHEN {far}.id IS NULL THEN 'null' ELSE {found} END"
            json.add_sql(sql(case, far=far, found=found))
        elif isinstance(shape, Many):
            json.add_sql(self.many_rows(shape, type_, asked, scope, alias, row))
        elif isinstance(shape, Items):
            json.add_sql(self.items(shape, type_, asked, alias, row))
        elif isinstance(shape, Can):
            json.add_sql(self.rights(shape, type_, asked, alias, row))
        elif isinstance(shape, Ident):
            self.ident(json, shape, alias)
        elif isinstance(shape.shape if isinstance(shape, Guarded) else shape, Keyed):
            json.add_sql(or_null(self.value(shape, scope, alias, row)))
        else:
            json.add_sql(leaf(returned, self.value(shape, scope, alias, row)))

    def ident(self, json: Json, shape: Ident, alias: Name) -> None:
        """Write a global id."""
        json.add_text(f'"{shape.row.api_name()}:')
        json.add_sql(SCHOOL_TEXT)
        json.add_text("-")
        json.add_sql(sql("{alias}.{column}", alias=alias, column=name_of(shape.column)))
        json.add_text('"')

    # -- values -----------------------------------------------------------------------

    def value(self, shape: Shape | None, scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
        """Return SQL of a value of the row."""
        if isinstance(shape, Own):
            return column_at(alias, getattr(row, shape.column))
        if isinstance(shape, Via):
            return column_at(scope.join(alias, shape.path, see=False), shape.column)
        if isinstance(shape, Computed):
            if (summed := self.sum_sql(shape, scope)) is not None:
                return summed
            given = scope.given
            key = (shape.formula, row, self.viewer, *key_of_given(given))
            return fragment(key, lambda e: shape.expression(self.viewer, e, **given), row, alias)
        if isinstance(shape, Guarded):
            right = shape.right
            key = (reach, right, row, self.viewer)
            reached = fragment(key, lambda e: reach(self.viewer, e, right), row, alias)
            value = self.value(shape.shape, scope, alias, row)
            return sql("CASE WHEN {reached} THEN {value} END", reached=reached, value=value)
        if isinstance(shape, Keyed):
            return self.mark(shape, alias, row)
        raise NotCompilable

    def mark(self, shape: Keyed, alias: Name, row: type[OfSchool]) -> Sql:
        """Return SQL of the marker of a text that Python makes; null if there is no text.
        `markers.fill_in_keyed` puts the text there."""
        number = self.keyed.setdefault((row, shape), len(self.keyed))
        json = Json().add_text(f"{markers.BEGIN_KEYED}{number}")
        for name in shape.columns:
            column = getattr(row, name)
            type_ = column.property.columns[0].type
            json.add_text(markers.OF).add_sql(
                markers.value_in_marker(column_at(alias, column), type_)
            )
        mark = sql("({mark})", mark=json.add_text(markers.END))
        if shape.when is None:
            return mark
        when = column_at(alias, getattr(row, shape.when))
        return sql("CASE WHEN {when} IS NOT NULL THEN {mark} END", when=when, mark=mark)

    def sum_sql(self, shape: Computed, scope: Scope) -> Sql | None:
        """Return SQL of a sum that is computed for all rows of the list at once; None if it cannot
        be."""
        if scope.among is None or (found := SUMS.get(shape.formula)) is None:
            return None
        if not is_on(Optimisation.SUMS_AT_ONCE):
            return None
        if (table := self.sums.table(found, self.viewer, scope.given, scope.among)) is None:
            return None
        scope.sum_tables[table.name] = table
        return table.value(found, scope.alias)

    def rights(
        self,
        shape: Can,
        type_: GraphQLObjectType,
        asked: SelectedField,
        alias: Name,
        row: type[OfSchool],
    ) -> Json:
        def write(json: Json, right: SelectedField) -> None:
            python_name = type_.fields[right.name].extensions[DEFINED].python_name
            held = self.value(
                shape.rights[python_name], self.scope_without_joins(row, alias), alias, row
            )
            json.add_sql(leaf(type_.fields[right.name].type, held))

        return self.object(type_, asked.below, write)

    def items(
        self,
        shape: Items,
        type_: GraphQLObjectType,
        asked: SelectedField,
        alias: Name,
        row: type[OfSchool],
    ) -> Json:
        one = self.alias()

        def write(json: Json, part: SelectedField) -> None:
            name = type_.fields[part.name].extensions[DEFINED].python_name
            json.add_sql(sql("({one}.v -> {name})::text", one=one, name=constant(name)))

        found = self.object(type_, asked.below, write)
        column = column_at(alias, getattr(row, shape.column))
        every = sql(
            "(SELECT string_agg({found}, ',' ORDER BY {one}.n)"
            " FROM jsonb_array_elements({column}) WITH ORDINALITY AS {one}(v, n))",
            found=found, one=one, column=column,
        )  # fmt: skip
        return array(every)

    def scope_without_joins(self, row: type[OfSchool], alias: Name) -> Scope:
        """Return a scope for values that need no joins."""
        return Scope(self, row, alias, EMPTY)

    # -- rows that refer --------------------------------------------------------------

    def many_rows(
        self, many: Many, type_: GraphQLObjectType, asked: SelectedField, scope: Scope, alias: Name,
        row: type[OfSchool],
    ) -> Sql | Json:  # fmt: skip
        link: Any = many.reference.class_
        inner = self.scope(link, given=scope.given if many.shown_as else {})
        near = row_alias = inner.alias
        at_once = scope.rows and alias == scope.alias and not (many.match or many.single)
        at_once = at_once and is_on(Optimisation.LISTS_AT_ONCE)
        if at_once:
            inner.among = ListMembers(link, many.reference.key, scope.ids())
        if many.to is not None:
            row_alias = self.alias()
            inner.joins.append(sql(
                " JOIN {table} ON {far}.school_id = {school} AND {far}.id = {near}",
                table=table(many.target, row_alias), far=row_alias, school=SCHOOL,
                near=column_at(near, many.to),
            ))  # fmt: skip
        where = [sql("{near}.school_id = {school}", near=near, school=SCHOOL)]
        if many.match:
            mine, theirs = many.match
            same = "{theirs} = {alias}.{mine}"
            where.append(sql(same, theirs=column_at(near, theirs), alias=alias, mine=name_of(mine)))
        if condition := many.where:
            given = scope.given
            key = (condition, link, self.viewer, *key_of_given(given))
            where.append(fragment(key, lambda e: condition(self.viewer, e, **given), link, near))
        if many.right:
            seen_by = (Many.is_seen, many.right, many.target, self.viewer)
            see = partial(many.is_seen, self.viewer)
            where.append(fragment(seen_by, see, many.target, row_alias))
        elif many.to is not None or not self.is_certain(many, row):
            where.append(self.is_seen(many.target, row_alias))
        found = self.row(type_, asked.below, inner, row_alias, many.target)
        order = self.order((*many.order, link.id), inner, near, link)
        source = join_sql(
            "", [inner.source, *(table.join_clause(near) for table in inner.sum_tables.values())]
        )
        rows = sql("string_agg({found}, ',' ORDER BY {order})", found=found, order=order)
        refers = column_at(near, many.reference)
        if at_once:
            where.append(sql("{refers} = ANY(ARRAY({ids}))", refers=refers, ids=scope.ids()))
            query = sql(
                "SELECT {refers} AS k, {rows} AS c FROM {source} WHERE {among} GROUP BY 1",
                refers=refers, rows=rows, source=source, among=join_sql(" AND ", where),
            )  # fmt: skip
            return array(sql("{beside}.c", beside=scope.join_once(query)))
        where.append(sql("{refers} = {alias}.id", refers=refers, alias=alias))
        conditions = join_sql(" AND ", where)
        if not many.single:
            every = "(SELECT {rows} FROM {source} WHERE {conditions})"
            return array(sql(every, rows=rows, source=source, conditions=conditions))
        first = EMPTY if many.is_unique else sql(" ORDER BY {order} LIMIT 1", order=order)
        return sql(
            "coalesce((SELECT {found} FROM {source} WHERE {conditions}{first}), 'null')",
            found=found, source=source, conditions=conditions, first=first,
        )  # fmt: skip

    def is_certain(self, many: Many, row: type[OfSchool]) -> bool:
        """Whether a viewer who sees the row always sees the rows that refer to it."""
        is_certain_ = is_certain(self.viewer, many.reference, row, many.target)
        return is_certain_ and is_on(Optimisation.CERTAIN_ROWS)

    def order(self, keys: Sequence[Key], scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
        """Return the keys of an order."""
        return join_sql(", ", [self.key(key, scope, alias, row) for key in keys])

    def key(self, key: Key, scope: Scope, alias: Name, row: type[OfSchool]) -> Sql:
        if isinstance(key, UnaryExpression) and key.modifier is operators.desc_op:
            column = name_of(str(key.element.key))
            return sql("{alias}.{column} DESC", alias=alias, column=column)
        if isinstance(key, InstrumentedAttribute):
            return column_at(alias, key)
        if isinstance(key, Via | Guarded):
            return self.value(key, scope, alias, row)
        raise NotCompilable


def defined_as(type_: GraphQLObjectType, asked: SelectedField) -> object:
    """Return Strawberry's definition of a selected field."""
    return type_.fields[asked.name].extensions.get(DEFINED)


WriteField = Callable[[Json, SelectedField], None]


def object_type_of(type_: GraphQLOutputType) -> Any:
    """Return the object type in a list or a non-null."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = type_.of_type
    return type_
