"""The engine: a validated operation becomes one SQL statement whose one value is the answer.

values               arguments: which of them are parameters of SQL, and where each comes from
shape                the part of the variables on which the text of a statement depends
sql                  the tree of SQL, and its text
sqlalchemy_compiler  SQL of the rules, shapes and use cases, which SQLAlchemy holds
text                 JSON in SQL
scope, sums          the FROM of a SELECT; aggregates for all rows of a list at once
objects              rows as JSON, with their relations
roots, pages         root fields: rows, reports, pages of long lists
plan                 the plan of a query, made once and cached
commands, use_cases  the plan of a mutation of one command
refusals             the payload of a command that is refused
payloads             the statement that reads a row back
deliveries           rows of events, read back by such statements
known_values         values that are known before the statement runs
markers              markers in answers: special reads, and texts that Python makes
serial               a mutation of several commands, split into operations of one
handed_back          root fields that the standard executor answers
run                  answering an operation by its plan, or handing it to the standard executor
"""
