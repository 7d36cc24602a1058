"""The statements that connections keep prepared have a bound, whatever is asked."""

from models.database.readers import MOST_CHARACTERS, Readers

NAMES = b"SELECT count(*)::text FROM pg_prepared_statements WHERE name LIKE 'gorod%'"


async def count_prepared(readers: Readers) -> int:
    """Count the prepared statements of the only connection."""
    found = await readers.fetch(1, NAMES.decode(), [])
    assert found
    return int(found[0])


async def test_long_statements_push_out_the_oldest(readers: Readers) -> None:
    length = MOST_CHARACTERS // 4
    for n in range(8):
        found = await readers.fetch(1, f"SELECT '{n}'::text -- {'x' * length}", [])
        assert found
        assert found[0] == str(n).encode()
    [[connection]] = [one for one in readers.idle.values() if one]
    assert connection.characters == sum(map(len, connection.statements)) <= MOST_CHARACTERS
    assert any(sql.startswith("SELECT '7'") for sql in connection.statements)
    assert not any(sql.startswith("SELECT '0'") for sql in connection.statements)
    assert 3 <= await count_prepared(readers) <= 4


async def test_a_statement_that_is_sent_again_is_prepared_once(readers: Readers) -> None:
    for _ in range(3):
        await readers.fetch(1, "SELECT 'again'::text", [])
    assert await count_prepared(readers) == 2
