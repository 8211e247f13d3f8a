"""Campaign Service in this process: campaigns and their markets put in, what callers with a token are told of them out."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from sandbox.aws_http import Reply, Request
from sandbox.outside import OutsideFaults, OutsideService, Refusal, json_reply, sent_json

GIVEN = "campaign-test"  # the token it knows unless told another one


class CampaignServer(OutsideService):
    """`PUT /_campaigns/{id}` with {"campaign": {..}, "markets": [..]} is for other processes, and asks for no token."""

    def __init__(self, faults: OutsideFaults | None = None, *, token: str = GIVEN) -> None:
        super().__init__(faults)
        self.token = token
        self.campaigns: dict[str, tuple[dict[str, Any], list[Any]]] = {}

    def add(self, campaign: Mapping[str, Any], markets: Sequence[Any] = ()) -> None:
        """`campaign` has an `id`; another one of that id is forgotten."""
        with self.lock:
            self.campaigns[campaign["id"]] = (dict(campaign), list(markets))

    def answer(self, request: Request) -> Reply:
        root, *path = [unquote(step) for step in request.path.removeprefix("/").split("/")]
        if root == "_campaigns" and request.method == "PUT" and len(path) == 1:
            sent = sent_json(request)
            self.add({**sent.get("campaign", {}), "id": path[0]}, sent.get("markets", ()))
            return json_reply({})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(401, {"message": "not authorized"})
        if root != "campaigns" or request.method != "GET" or path[1:] not in ([], ["markets"]):
            raise Refusal(404, {"message": "no such route"})
        with self.lock:
            if not path or path[0] not in self.campaigns:
                raise Refusal(404, {"message": "campaign not found"})
            campaign, markets = self.campaigns[path[0]]
        return json_reply(markets if path[1:] else campaign)
