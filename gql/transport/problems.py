"""Refusals of requests that are not well-formed, or that ask for what is not offered here."""

from gql.guard.strangers import SignInFirst
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
    """This method cannot be used for that: the header `Allow` lists those that can. Send what
    changes something by POST.

    allow: The value of that header.
    """

    russian = (
        "Этот метод здесь не годится: заголовок `Allow` перечисляет допустимые. То, что меняет "
        "данные, присылайте методом POST."
    )

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


class RequestTimeout(BadRequest):
    """The rest of the request did not come within {most} seconds: send it at once."""

    russian = "Остаток запроса не пришёл за {most} секунд: пришлите его сразу."

    @classmethod
    def code(cls) -> str:
        return BadRequest.code()


class OperationResolutionFailure(Problem):
    """The request does not say what to run: `expected` says what is missing."""

    russian = "Запрос не говорит, что выполнить: `expected` говорит, чего не хватает."


class PersistedQueryNotFound(Problem):
    """No document is registered under this id: have it registered with `gorod documents add`, or,
    where other documents are run too, send its text in `query`."""

    russian = (
        "Под этим идентификатором документ не зарегистрирован: зарегистрируйте его командой "
        "`gorod documents add` или, если сервер выполняет и другие документы, пришлите его текст "
        "в `query`."
    )

    @classmethod
    def code(cls) -> str:
        """Return the code that Apollo's clients know."""
        return "PERSISTED_QUERY_NOT_FOUND"


class AutomaticQueryNotFound(PersistedQueryNotFound):
    """No document is kept under this hash: send its text along once more."""

    russian = "Под этим хешем документа нет: пришлите ещё раз и его текст."

    def describe(self, _language: str) -> str:
        """Return the text on which clients send the document: urql and older Apollo clients ignore
        the code."""
        return "PersistedQueryNotFound"


class SignInForDocument(SignInFirst):
    """Sign in first: the token is missing, wrong or expired. Without one no document runs by this
    id: only registered ones do that keep to what the README lists under "Without signing in"."""

    russian = (
        "Сначала войдите: ключа доступа нет, он неверен или истёк. Без него по этому "
        "идентификатору ничего не выполняется: выполняются только зарегистрированные документы из "
        "того, что перечислено в README в разделе «Without signing in»."
    )


class TrustedDocumentRequired(Problem):
    """This server runs registered documents only: send the `documentId` of one. The operator of the
    server registers those of a client with `gorod documents add`."""

    russian = (
        "Этот сервер выполняет только зарегистрированные документы: пришлите `documentId` одного "
        "из них. Документы клиента регистрирует тот, кто управляет сервером, командой "
        "`gorod documents add`."
    )
