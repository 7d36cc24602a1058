"""The engine: a validated operation becomes one SQL statement whose one value is the answer.

values      arguments: which of them are parameters of SQL, and where each comes from
shape       what of the variables decides how a statement is written
sql         the writing of SQL: names, parameters, and what auth and the bridge declared
text        the writing of JSON in SQL
objects     rows and what belongs to them
roots       root fields: rows, pages, reports
plan        a whole operation that reads, made once and kept
commands    an operation that is one command, if that says itself in SQL
payloads    rows that were changed, or told of, read back
deliveries  rows of events
run         answering by a plan, or handing back
"""
