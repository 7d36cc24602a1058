"""Lessons to write in."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@pytest.fixture
async def held(sql: AsyncConnection) -> tuple[Any, str]:
    """An algebra lesson of last week without homework, and the login of who gave it."""
    found = await sql.execute(
        text("""SELECT l.id, l.version, c.login FROM lessons l JOIN staff w ON w.id = l.staff_id
        JOIN accounts a ON a.person_id = w.person_id JOIN credentials c ON c.id = a.credential_id
        WHERE l.section_id = 68 AND l.date BETWEEN '2026-11-16' AND '2026-11-20'
        ORDER BY l.date LIMIT 1""")
    )
    lesson = found.one()
    theirs = f"SELECT id FROM homework WHERE lesson_id = {lesson.id}"
    await sql.execute(text(f"DELETE FROM homework_attachments WHERE homework_id IN ({theirs})"))
    await sql.execute(text(f"DELETE FROM homework WHERE lesson_id = {lesson.id}"))
    return lesson, lesson.login
