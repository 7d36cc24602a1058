"""Bodies that attack the door: what a client can send in one request to make a server work for
nothing. Most have taken seconds of the loop in some server, some in this one."""

from collections.abc import Iterator

from tests.making import (
    DIARY,
    FILTERED,
    INTROSPECTION,
    JOURNAL,
    SIGN_IN,
    Blank,
    chain_fragments,
    double_fragments,
    double_fragments_below,
    make_filter,
    nest_fields,
    nest_filters,
    pack,
    repeat,
    spread_all_fragments,
    use_variables,
)

FLOOD = Blank(200 * 1_048_576)
"""`tests/transport/test_two_hundred_megabytes.py` sends it over real sockets, too."""


def attacks() -> Iterator[tuple[str, bytes | Blank]]:
    """Yield each attack: its name and its body."""
    yield "trivial (baseline)", pack("{ __typename }")
    # variables
    for count in (500, 2000, 4000):
        yield f"{count} variables declared and used", use_variables(count)
    yield "20 000 variables declared", pack(f"query ({repeat(20_000, '$v#: Int', ', ')}) {{ a }}")
    yield "200 000 variables given", pack("{ __typename }", {f"v{n}": n for n in range(200_000)})
    yield (
        "a list of 100 000 in a variable",
        pack("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["Mark:1-1"] * 100_000}),
    )
    yield (
        "4 900 wrong values in a variable",
        pack("query ($i: [Int!]!) { nodes(ids: $i) { id } }", {"i": ["x"] * 4900}),
    )
    # filters
    yield "filter or: 100 x and: 20 (variable)", pack(FILTERED, make_filter(100, 20))
    yield "filter or: 2 000 branches (variable)", pack(FILTERED, make_filter(2000, 0))
    yield "filter or: 90 x and: 90 (variable)", pack(FILTERED, make_filter(90, 30))
    yield "filter not: 500 (variable)", pack(FILTERED, nest_filters(500))
    yield (
        "filter or: 100 branches (literal)",
        pack(
            "{ students(filter: { or: [" + '{ fullName: { contains: "а" } } ' * 100 + "] }) "
            "{ totalCount } }"
        ),
    )
    yield (
        "filter or: 40 branches (literal)",
        pack(
            "{ students(filter: { or: ["
            + '{ fullName: { contains: "а" } } ' * 40
            + "] }) { totalCount } }"
        ),
    )
    yield (
        "filter not: 200 (literal)",
        pack("{ students(filter: " + "{ not: " * 200 + "{}" + "}" * 200 + ") { totalCount } }"),
    )
    yield (
        "filter contains of 200 KB",
        pack(FILTERED, {"filter": {"fullName": {"contains": "а" * 100_000}}}),
    )
    yield "filter in: 100 000", pack(FILTERED, {"filter": {"fullName": {"in": ["а"] * 100_000}}})
    yield (
        "notices search, 200 words",
        pack("query ($s: String) { notices(search: $s) { totalCount } }", {"s": "слово " * 200}),
    )
    # the same again and again
    yield "2 000 x one nested object", pack(f"{{ {repeat(2000, 'viewer { role fullName }')} }}")
    yield (
        "95 x one nested object",
        pack(f"{{ {repeat(95, 'viewer { role fullName children { id fullName className } }')} }}"),
    )
    yield "20 000 x the same field", pack(f"{{ {repeat(20_000, '__typename')} }}")
    yield "1 900 x the same field", pack(f"{{ {repeat(1_900, '__typename')} }}")
    for count in (800, 4000):
        yield (
            f"overlapping fields {count}",
            pack(f"{{ {repeat(count, 'a: students(first: #) { totalCount }')} }}"),
        )
    yield (
        "overlapping same nested 600",
        pack(f"{{ {repeat(600, 'viewer { children { school { name } } }')} }}"),
    )
    yield (
        "overlapping in 150 fragments of 20 fields",
        pack(
            "{ viewer { "
            + repeat(150, "...F#")
            + " } } "
            + repeat(
                150, "fragment F# on Viewer { " + repeat(20, "fullName").replace("#", "") + " }"
            )
        ),
    )
    fields = "role fullName rights __typename "
    yield (
        "30 fragments of 50 fields",
        pack(
            "{ viewer { "
            + repeat(30, "...F#")
            + " } } "
            + repeat(30, "fragment F# on Viewer { " + fields * 12 + " }")
        ),
    )
    yield (
        "100 fragments of 4 fields",
        pack(
            "{ viewer { "
            + repeat(100, "...F#")
            + " } } "
            + repeat(100, "fragment F# on Viewer { " + fields + " }")
        ),
    )
    yield (
        "200 fragments of one field",
        pack(
            "{ viewer { "
            + repeat(200, "...F#")
            + " } } "
            + repeat(200, "fragment F# on Viewer { role }")
        ),
    )
    yield (
        "30 x the same nested object",
        pack(f"{{ {repeat(30, 'viewer { role fullName children { id fullName className } }')} }}"),
    )
    yield (
        "300 inline fragments of the same",
        pack("{ viewer { " + repeat(300, "... { role }") + " } }"),
    )
    yield (
        "3 000 inline fragments with @include",
        pack("{ " + repeat(3000, "... @include(if: true) { __typename }") + " }"),
    )
    # aliases
    yield (
        "1 000 aliases of students(first: 100)",
        pack(f"{{ {repeat(1000, 'a#: students(first: 100) { totalCount }')} }}"),
    )
    yield (
        "4 000 aliases of students",
        pack(f"{{ {repeat(4000, 'a#: students(first: 1) { totalCount }')} }}"),
    )
    yield (
        "100 aliases of students(first: 100)",
        pack(f"{{ {repeat(100, 'a#: students(first: 100) { nodes { id } }')} }}"),
    )
    yield "10 000 aliases of __typename", pack(f"{{ {repeat(10_000, 'a#: __typename')} }}")
    yield "100 aliases of __typename", pack(f"{{ {repeat(100, 'a#: __typename')} }}")
    yield "1 000 aliases of viewer", pack(f"{{ {repeat(1000, 'a#: viewer { role }')} }}")
    yield (
        "100 aliases of lessons(first: 100) with marks",
        pack(f"{{ {repeat(100, 'a#: lessons(first: 100) { nodes { marks { value } } }')} }}"),
    )
    yield (
        "10 aliases of lessons(first: 100) with marks",
        pack(f"{{ {repeat(10, 'a#: lessons(first: 100) { nodes { marks { value } } }')} }}"),
    )
    yield (
        "100 x explainAccess",
        pack(
            "{ "
            + repeat(
                100, 'a#: explainAccess(accountId: "Account:1-1", nodeId: "Mark:1-#") { allowed }'
            )
            + " }"
        ),
    )
    for count in (10, 50):
        yield f"{count} diaries of 62 days", pack(f"{{ {repeat(count, DIARY)} }}")
    for count in (10, 20):
        yield f"{count} journals of 366 days", pack(f"{{ {repeat(count, JOURNAL)} }}")
    yield (
        "10 x totalCount of lessons",
        pack(f"{{ {repeat(10, 'a#: lessons { totalCount }')} }}"),
    )
    # directives
    yield "10 000 x @skip on a field", pack("{ __typename " + "@skip(if: false) " * 10_000 + "}")
    yield "1 000 unknown directives", pack("{ __typename " + "@a " * 1000 + "}")
    # what is not there
    for count in (300, 900, 3000):
        yield f"{count} unknown fields", pack(f"{{ {repeat(count, 'viewr#')} }}")
    yield (
        "300 unknown arguments",
        pack("{ students(" + repeat(300, "frist#: 1") + ") { totalCount } }"),
    )
    yield (
        "80 unknown types",
        pack(f"query ({repeat(80, '$v#: Studnet', ', ')}) {{ {repeat(80, 'x(y: $v#)')} }}"),
    )
    yield "errors after 9 000 lines", pack("\n" * 9000 + f"{{ {repeat(300, 'viewr#')} }}")
    yield "errors after 100 000 lines", pack("\n" * 100_000 + f"{{ {repeat(300, 'viewr#')} }}")
    # fragments and operations
    for count in (12, 18, 25, 90):
        yield f"fragment doubling {count}", pack(double_fragments(count))
    rooms = "\n".join(
        ["{ rooms { nodes { ...F0 } } }"]
        + [
            f"fragment F{n} on Room {{ ...F{n + 1} ... on Room {{ ...F{n + 1} }} }}"
            for n in range(25)
        ]
        + ["fragment F25 on Room { number }"]
    )
    yield "fragment doubling 25 below a list", pack(rooms)
    for count in (6, 12):
        yield f"fragment doubling {count} through a field", pack(double_fragments_below(count))
    yield (
        "2 000 fragments, each spread once",
        pack(
            "{ "
            + repeat(2000, "...F#")
            + " } "
            + repeat(2000, "fragment F# on Query { __typename }")
        ),
    )
    yield (
        "2 000 fragments, unused",
        pack("{ __typename } " + repeat(2000, "fragment F# on Query { __typename }")),
    )
    yield (
        "200 fragments, unused",
        pack("{ __typename } " + repeat(200, "fragment F# on Query { __typename }")),
    )
    for count in (40, 120):
        yield f"{count} fragments, each spreads all following", pack(spread_all_fragments(count))
    yield (
        "fragment ring of 300",
        pack(
            "{ ...F0 } " + repeat(300, "fragment F# on Query { ...F# }").replace("...F299", "...F0")
        ),
    )
    ring = " ".join(f"fragment F{n} on Query {{ ...F{(n + 1) % 200} }}" for n in range(200))
    yield "fragment ring of 200", pack("{ ...F0 } " + ring)
    yield (
        "8 chained fragments of viewer",
        pack(chain_fragments(8, "a#: viewer { role }".replace("a#: ", ""), "Query", "{ ...F0 }")),
    )
    yield (
        "10 chained fragments with two objects each",
        pack(chain_fragments(10, "viewer { role } school { shortName }", "Query", "{ ...F0 }")),
    )
    yield "5 000 operations", pack(repeat(5000, "query Q# { __typename }"))
    yield "300 operations", pack(repeat(300, "query Q# { __typename }"))
    # long tokens
    yield "10 MB string literal", pack('{ node(id: "' + "a" * 10_000_000 + '") { id } }')
    yield "500 KB string literal", pack('{ node(id: "' + "a" * 500_000 + '") { id } }')
    yield "250 KB string literal", pack('{ node(id: "' + "a" * 250_000 + '") { id } }')
    yield (
        "1 MB block string of quotes",
        pack('{ node(id: """' + '\\"""' * 250_000 + '""") { id } }'),
    )
    yield "200 KB block string of quotes", pack('{ node(id: """' + ' "' * 80_000 + ' """) { id } }')
    yield "5 MB comment", pack("{ __typename } #" + "a" * 5_000_000)
    yield "250 KB comment", pack("{ __typename } #" + "a" * 250_000)
    yield "80 000 comments", pack("{ __typename } " + "#\n" * 80_000)
    yield "10 MB of commas", pack("{ __typename }" + "," * 10_000_000)
    yield "250 KB of commas", pack("{ __typename }" + "," * 250_000)
    yield "2 MB of braces", pack("{" * 2_000_000)
    yield "2 000 nested braces", pack("{ a " * 2000 + "}" * 2000)
    yield (
        "list literal of 100 000 ids",
        pack("{ nodes(ids: [" + '"Mark:1-1" ' * 100_000 + "]) { id } }"),
    )
    yield (
        "nested list literal 5 000",
        pack("{ nodes(ids: " + "[" * 5000 + "]" * 5000 + ") { id } }"),
    )
    yield "nested list literal 900", pack("{ nodes(ids: " + "[" * 900 + "]" * 900 + ") { id } }")
    yield (
        "object literal nested 1 000",
        pack("{ students(filter: " + "{ not: " * 1000 + "{}" + "}" * 1000 + ") { totalCount } }"),
    )
    # the schema
    yield (
        "introspection, 50 aliases of all types",
        pack(
            "{ "
            + repeat(50, "a#: __schema { types { name fields { name type { name } } } }")
            + " }"
        ),
    )
    yield (
        "introspection, 10 aliases of all types",
        pack(
            "{ "
            + repeat(10, "a#: __schema { types { name fields { name type { name } } } }")
            + " }"
        ),
    )
    yield (
        "introspection, 25 aliases inside",
        pack(
            "{ __schema { "
            + repeat(25, "a#: types { name fields { name args { name } } }")
            + " } }"
        ),
    )
    yield "full introspection", pack(INTROSPECTION)
    yield (
        "introspection beside data",
        pack("{ viewer { role } " + INTROSPECTION[INTROSPECTION.index("{") + 1 :]),
    )
    yield (
        "introspection loop fields>type>fields",
        pack("{ __schema { types { " + "fields { type { " * 4 + "name" + " } }" * 4 + " } } }"),
    )
    yield (
        "introspection interfaces>possibleTypes loop",
        pack(
            "{ __schema { types { "
            + "interfaces { possibleTypes { " * 3
            + "name"
            + " } }" * 3
            + " } } }"
        ),
    )
    yield (
        "introspection ofType 200",
        pack("{ __schema { types { " + "ofType { " * 200 + "name" + " }" * 200 + " } } }"),
    )
    # passwords
    for count in (2, 50, 500):
        yield f"{count} signIn in one document", pack(f"mutation {{ {repeat(count, SIGN_IN)} }}")
    yield (
        "signIn ten times through fragments",
        pack("mutation { ...A } fragment A on Mutation { " + repeat(10, SIGN_IN) + " }"),
    )
    # the database
    yield "first: 2147483647", pack("{ students(first: 2147483647) { nodes { id } } }")
    for times in (2, 4, 6, 8, 30):
        yield (
            f"class > students > class, depth {times}",
            pack(nest_fields(times, "students", "schoolClass")),
        )
    for times in (2, 3, 4, 6):
        yield (
            f"classes > sections > class, depth {times}",
            pack(nest_fields(times, "sections", "schoolClass", start="classes { nodes {")),
        )
    yield (
        "sections x students x class x sections x members",
        pack(
            "{ sections { nodes { students { schoolClass { sections { members { fullName } "
            "} } } } } }"
        ),
    )
    yield (
        "90 students x class x students x class",
        pack(
            "{ students(first: 90) { nodes { schoolClass { students { schoolClass { students "
            "{ fullName } } } } } } }"
        ),
    )
    yield (
        "lessons x marks x lesson x marks",
        pack("{ lessons { nodes { marks { lesson { marks { value } } } } } }"),
    )
    yield (
        "guardians of students of classes",
        pack(
            "{ classes(first: 100) { nodes { students { guardianLinks { guardian { id } } } } } }"
        ),
    )
    yield (
        "diary > lesson > section > class > sections",
        pack(
            '{ diary(studentId: "Student:1-1") { days { lessons { lesson { section { schoolClass { '
            "sections { schoolClass { sections { name } } } } } } } } } }"
        ),
    )
    # what is no request
    yield "20 MB of nothing", Blank(20_000_000)
    yield "200 MB of nothing", FLOOD
    yield "100 000 brackets", b"[" * 100_000
    yield (
        "120 000 brackets in variables",
        (
            b'{"query": "{ __typename }", "variables": {"a": '
            + b"[" * 120_000
            + b"]" * 120_000
            + b"}}"
        ),
    )
    yield (
        "1 000 brackets in variables",
        (b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 1000 + b"]" * 1000 + b"}}"),
    )
