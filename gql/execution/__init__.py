"""The execution of an operation: what both executors share, and the standard one.

operation    what an operation selects: fields merged, fragments spread, directives obeyed
denials      the errors of fields refused by grant
failures     the answer to an operation that failed as a whole
error_order  the order of the errors of an answer
extension    parsing, validating and opening the context of an operation
standard     the executor of graphql-core. It judges the engine, so it imports nothing of it.
"""
