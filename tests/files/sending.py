"""Announcing and sending files."""

from typing import Any

from httpx2 import AsyncClient, Response

from tests.conftest import Api

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
REQUEST = """mutation ($name: String!, $type: String!, $size: Int!, $key: UUID) {
    requestUpload(input: {name: $name, mediaType: $type, size: $size, idempotencyKey: $key}) {
        file { id name mediaType size status uploadedAt url }
        url method headers { name value } expiresAt userErrors { code field }
    }
}"""
FILE = """query ($id: ID!) {
    node(id: $id) { ... on File { name mediaType size status uploadedAt url } }
}"""


async def announce(
    api: Api, content: bytes = PDF, name: str = "Реферат.pdf", type: str = "application/pdf"
) -> Any:
    given = {"name": name, "type": type, "size": len(content)}
    return (await api(REQUEST, **given))["requestUpload"]


async def upload(api: Api, http: AsyncClient, content: bytes = PDF, **how: Any) -> Any:
    """A file that is there, as its owner sees it."""
    invited = await announce(api, content, **how)
    assert (await http.put(invited["url"], content=content)).status_code == 204
    return {"id": invited["file"]["id"], **(await api(FILE, id=invited["file"]["id"]))["node"]}


def code_of(response: Response) -> str:
    """The code of a refusal, in the shape of every other error."""
    [error] = response.json()["errors"]
    assert error["message"]
    assert response.headers["content-type"] == "application/json"
    return str(error["extensions"]["code"])
