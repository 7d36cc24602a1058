"""Logins are made of names."""

import pytest

from resolvers.access.logins import SHAPE, propose_login


@pytest.mark.parametrize(
    ("family", "given", "login"),
    [
        ("Иванова", "Мария", "ivanova.m"),
        ("Щербакова-Ли", "Ёлка", "shcherbakovali.y"),
        ("Ли", "", "li0"),
        ("O'Neil", "Anna", "oneil.a"),
        ("李", "明", "000"),
    ],
)
def test_logins_are_made_of_names(family: str, given: str, login: str) -> None:
    assert propose_login(family, given) == login
    assert SHAPE.fullmatch(login)
