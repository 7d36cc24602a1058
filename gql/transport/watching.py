"""All that watches a server, put together as its settings say."""

from gql.guard.documents import Documents
from gql.observe.access_log import AccessLog
from gql.observe.metrics import Metrics
from gql.observe.readiness import Readiness
from gql.observe.record import Observers, Sink
from gql.settings import Settings
from gql.transport.probes import Probes
from resolvers.context import Services


class Watching:
    """observers: Are told of operations. probes: Answer those who ask for the state."""

    def __init__(
        self, settings: Settings, services: Services, documents: Documents, url: str
    ) -> None:
        self.observers = Observers()
        gauges = {
            ("gorod_documents_bytes", "Weight of the documents and plans that are kept."): (
                lambda: documents.known.weight + documents.waiting.weight
            ),
            ("gorod_documents", "Documents that are kept."): (
                lambda: len(documents.known.kept) + len(documents.waiting.kept)
            ),
        }
        metrics = Metrics(self.observers, services, gauges)
        self.log = access_log_of(settings)
        sinks: list[Sink] = [metrics.operations, *([self.log] if self.log else [])]
        self.observers.sinks = tuple(sinks)
        token = settings.metrics_token
        self.probes = Probes(
            Readiness(services, url),
            metrics,
            token=token.get_secret_value() if token else "",
            is_open=settings.demo,
        )

    def close(self) -> None:
        """Write what has not been written."""
        if self.log:
            self.log.flush()


def access_log_of(settings: Settings) -> AccessLog | None:
    """None where nothing is logged that is no warning."""
    if settings.access_log == "off" or settings.log_level not in ("debug", "info"):
        return None
    return AccessLog(settings.access_log, as_json=not settings.demo)
