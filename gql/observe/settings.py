"""The settings of logs, metrics and traces."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

SHORTEST_TOKEN = 16

Choice = Literal["all", "refused", "off"]


class ObservabilitySettings(BaseModel):
    """Settings of observability: `access_log` is the variable `GOROD_ACCESS_LOG`."""

    model_config = ConfigDict(frozen=True)

    access_log: Choice = Field(
        default="all",
        description="Which operations get a line in the log: `all`, those that were `refused` or "
        "failed, or none (`off`).",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The bearer token with which `/metrics` can be read, 16 characters or more. "
        "Unset: only programs on this machine can read it, and in `gorod dev` everybody.",
    )
    traces: bool = Field(
        default=False,
        description="Indicates whether a span of each operation and its statements is sent by "
        "OpenTelemetry, which the extra `gorod[otel]` installs; `OTEL_EXPORTER_OTLP_ENDPOINT` and "
        "its like say where to.",
    )

    @field_validator("metrics_token")
    @classmethod
    def _check_length(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(
                f"must have {SHORTEST_TOKEN} characters or more; `openssl rand -hex 16` makes one"
            )
        return value
