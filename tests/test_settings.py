"""Settings that the environment decides."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from gql import logs
from gql.settings import Settings
from models.keyfile import KeyProblem
from resolvers.services.storage import Storage


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "PORT", "GOROD_SECRET_KEY", "GOROD_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_plain_names_that_hosting_services_set_are_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://there/db")
    monkeypatch.setenv("PORT", "81")
    monkeypatch.setenv("GOROD_TRUSTED_ORIGINS", "https://a.example/, https://b.example")
    settings = Settings()
    assert settings.database_url
    assert settings.database_url.get_secret_value() == "postgresql://there/db"
    assert settings.port == 81
    assert settings.trusted_origins == ("https://a.example", "https://b.example")


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert Settings().database_url is None


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    with pytest.raises(KeyProblem, match="There is no secret key"):
        _ = settings.key
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: settings.key_file.make(), range(8)))
    assert keys == {settings.key}
    assert len(settings.key) >= 32
    file = tmp_path / "new" / "secret.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [kept.name for kept in file.parent.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_file_without_a_key_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret.key").write_text(content)
    with pytest.raises(KeyProblem, match="Bring it back from a backup"):
        _ = Settings(data_dir=tmp_path).key
    (tmp_path / "secret.key").unlink()
    (tmp_path / "secret.key").mkdir()
    with pytest.raises(KeyProblem, match="cannot be read: Is a directory"):
        _ = Settings(data_dir=tmp_path).key


def test_uploads_are_for_their_owner_only(tmp_path: Path) -> None:
    Storage(Settings(data_dir=tmp_path).storage)
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


def test_what_is_less_important_than_asked_for_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        logs.configure(as_json=True, level=Settings(log_level="warning").log_level)
        logs.log.info("quiet")
        logs.log.warning("loud")
    finally:
        logs.configure()
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "loud"


def test_a_given_key_comes_first_and_has_a_length(tmp_path: Path) -> None:
    given = "a key of 32 characters and more!"
    assert Settings(data_dir=tmp_path, secret_key=SecretStr(given)).key == given.encode()
    with pytest.raises(ValidationError, match="32 characters"):
        Settings(secret_key=SecretStr("short"))


def test_addresses_follow_from_each_other(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, host="::1", port=80)
    assert settings.public == "http://[::1]:80"
    assert settings.storage == (tmp_path / "files").as_uri()


def test_every_setting_is_explained() -> None:
    unexplained = [name for name, field in Settings.model_fields.items() if not field.description]
    assert unexplained == []
