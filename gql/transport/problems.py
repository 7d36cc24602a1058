"""Refusals of requests that are not well-formed, or that ask for what is not offered here."""

from models.problems import Problem


class BadRequest(Problem):
    """This is not a GraphQL request: `expected` says what belongs there."""

    russian = "Это не запрос GraphQL: `expected` говорит, что должно быть на этом месте."


class UnsupportedMediaType(BadRequest):
    """The body of a request is JSON: send it with `Content-Type: application/json`."""

    russian = "Тело запроса — JSON: пришлите его с `Content-Type: application/json`."

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class UnsupportedEncoding(UnsupportedMediaType):
    """Bodies of requests are not compressed: send it without `Content-Encoding`."""

    russian = "Тела запросов не сжимают: пришлите его без `Content-Encoding`."


class PreflightRequired(BadRequest):
    """A web page elsewhere could have sent this GET without its reader's knowledge: add the header
    `graphql-require-preflight: 1`, or use POST."""

    russian = (
        "Такой GET могла бы послать чужая страница без ведома читателя: добавьте заголовок "
        "`graphql-require-preflight: 1` или используйте POST."
    )

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class NotAcceptable(BadRequest):
    """Answers are JSON: accept `application/graphql-response+json` or `application/json`."""

    russian = "Ответы — JSON: примите `application/graphql-response+json` или `application/json`."

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class MethodNotAllowed(BadRequest):
    """This method cannot be used for that: the header `Allow` lists those that can.

    allow: The value of that header.
    """

    russian = "Этот метод здесь не годится: заголовок `Allow` перечисляет допустимые."

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class RequestTooLarge(Problem):
    """The body of this request is longer than {most} bytes: send less at once."""

    russian = "Тело запроса длиннее {most} байт: пришлите за один раз меньше."


class StrangerRequestTooLarge(RequestTooLarge):
    """The body of this request is longer than the {most} bytes that one who is not signed in may
    send: sign in, or send less at once."""

    russian = (
        "Тело запроса длиннее {most} байт, которые можно прислать без входа в систему: войдите "
        "или пришлите за один раз меньше."
    )

    @classmethod
    def code(cls) -> str:
        return RequestTooLarge.code()


class OperationResolutionFailure(Problem):
    """The request does not say what to run: `expected` says what is missing."""

    russian = "Запрос не говорит, что выполнить: `expected` говорит, чего не хватает."


class PersistedQueryNotFound(Problem):
    """No document is stored under this identifier: send its text in `query`."""

    russian = "Под этим идентификатором нет документа: пришлите его текст в `query`."

    @classmethod
    def code(cls) -> str:
        """As Apollo's clients know it."""
        return "PERSISTED_QUERY_NOT_FOUND"
