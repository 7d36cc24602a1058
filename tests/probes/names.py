"""Names of the schema by kind, the best word list that a guesser can have, and the places of a
document in which they are tried."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
)

from gql.schema import schema

CORE = schema._schema  # noqa: SLF001  # graphql-core's
TYPES = {name: one for name, one in CORE.type_map.items() if not is_introspection_type(one)}
SPECIFIED = {"skip", "include", "deprecated", "specifiedBy", "Boolean", "Float", "ID", "Int",
             "String", "Query"}  # fmt: skip
"""Names that every schema has, and the name that `{ __typename }` tells everybody."""


def fields_of(name: str) -> set[str]:
    found: Any = TYPES[name]
    return set(found.fields)


FIELDS = {
    name
    for one in TYPES.values()
    if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)
    for name in one.fields
}
INPUTS = {
    name for one in TYPES.values() if isinstance(one, GraphQLInputObjectType) for name in one.fields
}
VALUES = {name for one in TYPES.values() if isinstance(one, GraphQLEnumType) for name in one.values}
NAMES = FIELDS | INPUTS | VALUES | set(TYPES)


@dataclass(frozen=True)
class Place:
    """A place in a document where names are tried: at each `FUZZ`.

    names: Names that could stand there, in this schema.
    open: Names among them that a stranger may use there, in exactly this form.
    """

    document: str
    names: Iterable[str]
    open: frozenset[str] = frozenset()
    variables: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


IN = 'input: {login: "nobody", password: "wrong"}'
WITH = 'input: {login: "nobody", password: "wrong", '
GIVEN = {"i": {"login": "nobody", "password": "wrong"}}
SIGN_IN = f"signIn({IN})"
SIGNED_IN = f"{SIGN_IN} {{ accessToken }}"
QUERY: Any = TYPES["Query"]
QUERIES, MUTATIONS = fields_of("Query"), fields_of("Mutation")
LEAVES = frozenset(
    {"accessToken", "refreshToken", "expiresAt", "mustChangePassword", "retryAt", "retryAfter",
     "deviceToken"}
)  # fmt: skip
OF_VIEWER = frozenset({"role", "fullName", "shortName", "rights"})

PLACES = (
    # fields
    Place("{ FUZZ }", QUERIES, frozenset({"viewer"})),
    Place("{ FUZZ { id } }", QUERIES, frozenset({"viewer"})),
    Place("{ a: FUZZ(first: 100) { nodes { id } } }", QUERIES, frozenset({"viewer"})),
    Place("{ students { FUZZ } }", fields_of("StudentConnection")),
    Place("{ students { nodes { FUZZ } } }", fields_of("Student")),
    Place("{ students(first: 100) { nodes { FUZZ { id } } } }", fields_of("Student")),
    Place("{ viewer { FUZZ } }", fields_of("Viewer"), frozenset(fields_of("Viewer"))),
    Place("{ rateLimit { FUZZ } }", fields_of("RateLimit"), frozenset(fields_of("RateLimit"))),
    Place("mutation { FUZZ }", MUTATIONS),
    Place("mutation { FUZZ(input: {}) { userErrors { code } } }", MUTATIONS),
    Place("mutation { a: FUZZ b: FUZZ }", MUTATIONS),
    Place(f"mutation {{ {SIGN_IN} {{ FUZZ }} }}", fields_of("SignInPayload"), LEAVES),
    Place(f"mutation {{ {SIGN_IN} {{ viewer {{ FUZZ }} }} }}", fields_of("Viewer"), OF_VIEWER),
    Place(
        f"mutation {{ {SIGN_IN} {{ viewer {{ school {{ FUZZ }} }} }} }}",
        fields_of("School"),
        frozenset({"id", "shortName", "fullName", "timeZone"}),
    ),
    Place(
        f"mutation {{ {SIGN_IN} {{ viewer {{ student {{ FUZZ }} }} }} }}",
        fields_of("Student"),
        frozenset({"id", "shortName", "fullName"}),
    ),
    Place(
        f"mutation {{ {SIGN_IN} {{ viewer {{ student {{ FUZZ {{ id }} }} }} }} }}",
        fields_of("Student"),
    ),
    Place(
        f"mutation {{ {SIGN_IN} {{ userErrors {{ FUZZ }} }} }}",
        fields_of("SignInUserError"),
        frozenset(fields_of("SignInUserError")),
    ),
    Place(
        'mutation { refreshSession(input: {refreshToken: "x"}) { FUZZ } }',
        fields_of("RefreshSessionPayload"),
        LEAVES,
    ),
    Place("subscription { FUZZ { __typename } }", fields_of("Subscription")),
    # parts that are skipped or not run
    Place("{ __typename FUZZ @skip(if: true) }", QUERIES),
    Place("{ rateLimit { cost } FUZZ { id } }", QUERIES, frozenset({"viewer"})),
    Place("{ rateLimit { cost } viewer { FUZZ } }", fields_of("Viewer")),
    Place(f"mutation {{ {SIGNED_IN} FUZZ @skip(if: true) }}", MUTATIONS),
    Place(f"mutation {{ {SIGNED_IN} FUZZ {{ userErrors {{ code }} }} }}", MUTATIONS),
    Place("query A { __typename } query B { FUZZ { id } }", QUERIES, name="A"),
    Place("query A { __typename } mutation B { a: FUZZ b: FUZZ }", MUTATIONS, name="A"),
    Place("query A { rateLimit { cost } } query B { viewer { FUZZ } }", fields_of("Viewer"),
          name="A"),
    # arguments and inputs
    Place("{ students(FUZZ: 1) { totalCount } }", QUERY.fields["students"].args),
    Place("{ student(by: {FUZZ: \"x\"}) { id } }", fields_of("StudentByInput")),
    Place("{ students(filter: {FUZZ: {eq: 1}}) { totalCount } }", fields_of("StudentFilter")),
    Place("mutation { signIn(FUZZ: {}) { accessToken } }", {"input"}),
    Place("mutation { signIn(input: {FUZZ: {}}) { accessToken } }", fields_of("SignInInput")),
    Place(
        f"mutation {{ signIn({WITH}FUZZ: \"x\"}}) {{ accessToken }} }}",
        fields_of("SignInInput") - {"login", "password"},
        frozenset({"deviceToken", "schoolId"}),
    ),
    Place(
        f"mutation {{ signIn({WITH}role: FUZZ}}) {{ accessToken }} }}",
        TYPES["Role"].values,  # type: ignore[attr-defined]
        frozenset(TYPES["Role"].values),  # type: ignore[attr-defined]
    ),
    # types and directives
    Place("{ __typename ... on FUZZ { __typename } }", TYPES),
    Place("{ __typename ...a } fragment a on FUZZ { id }", TYPES),
    Place(f"mutation {{ ... on FUZZ {{ {SIGNED_IN} }} }}", TYPES, frozenset({"Mutation"})),
    Place(
        f"mutation {{ {SIGN_IN} {{ ... on FUZZ {{ accessToken }} }} }}",
        TYPES,
        frozenset({"SignInPayload"}),
    ),
    Place("query ($a: FUZZ) { __typename @include(if: $a) }", TYPES),
    Place("query ($a: FUZZ) { students(filter: $a) { totalCount } }", TYPES),
    Place("mutation ($i: FUZZ!) { signIn(input: $i) { accessToken } }", TYPES),
    Place(
        "mutation ($i: FUZZ!) { signIn(input: $i) { accessToken } }",
        TYPES,
        frozenset({"SignInInput"}),
        variables=GIVEN,
    ),
    Place("{ __typename @FUZZ }", {one.name for one in CORE.directives}),
    Place('{ __type(name: "FUZZ") { name } }', TYPES),
)  # fmt: skip
