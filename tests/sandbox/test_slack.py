"""slack_sdk's own clients talk to the Slack stand-in as they do to Slack."""

import json
from urllib.request import urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from sandbox.slack import SlackServer

AT = 1_770_976_800


@pytest.fixture
def slack():
    with SlackServer(channels=("scrubbed", "swift-stats"), clock=lambda: AT) as running:
        yield running


@pytest.fixture
def client(slack):
    return WebClient(token="xoxb-test", base_url=f"{slack.endpoint}/api/", retry_handlers=[])


def refusal(call, **about):
    with pytest.raises(SlackApiError) as found:
        call(**about)
    return found.value.response["error"]


def test_a_token_is_tested(slack, client):
    assert client.auth_test()["ok"]
    assert refusal(WebClient(token="xoxb-no", base_url=client.base_url).auth_test) == "invalid_auth"
    assert refusal(WebClient(base_url=client.base_url).auth_test) == "not_authed"


def test_a_post_answers_channel_and_ts_and_stands_in_its_channel(slack, client):
    answer = client.chat_postMessage(channel="#swift-stats", text="hello")
    assert (answer["channel"], answer["ts"]) == ("C00000002", f"{AT}.000001")
    assert [it["text"] for it in slack.posted("swift-stats")] == ["hello"]
    assert slack.posted("scrubbed") == []


def test_posts_of_one_second_have_different_names(client):
    names = [client.chat_postMessage(channel="scrubbed", text="x")["ts"] for _ in range(3)]
    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("about", "error"),
    [
        ({"channel": "elsewhere", "text": "x"}, "channel_not_found"),
        ({"channel": "scrubbed", "text": ""}, "no_text"),
        ({"channel": "scrubbed", "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text`")
def test_a_post_that_slack_would_refuse_is_refused(slack, client, about, error):
    assert refusal(client.chat_postMessage, **about) == error
    assert slack.messages == []


def test_history_is_the_newest_first_page_by_page_and_knows_channels_by_id_alone(client):
    for number in range(5):
        client.chat_postMessage(channel="scrubbed", text=f"{number}")
    client.chat_postMessage(channel="swift-stats", text="not this")
    first = client.conversations_history(channel="C00000001", limit=2)
    assert ([it["text"] for it in first["messages"]], first["has_more"]) == (["4", "3"], True)
    assert [it["text"] for page in first for it in page["messages"]] == ["4", "3", "2", "1", "0"]
    assert refusal(client.conversations_history, channel="scrubbed") == "channel_not_found"


def test_history_is_cut_by_time_and_hides_metadata_unless_asked(client):
    told = {"event_type": "verdict", "event_payload": {"verdict": "k"}}
    ts = client.chat_postMessage(channel="scrubbed", text="x", metadata=told)["ts"]

    def found(**about):
        return client.conversations_history(channel="C00000001", **about)["messages"]

    assert found(oldest=f"{AT - 1}", include_all_metadata=True)[0]["metadata"] == told
    assert "metadata" not in found()[0]
    assert found(oldest=ts) == found(latest=ts) == []


def test_channels_are_listed(client):
    assert [it["name"] for it in client.conversations_list()["channels"]] == ["scrubbed", "swift-stats"]


def test_a_webhook_posts_to_its_channel(slack):
    answer = WebhookClient(slack.webhook).send(text="by hook")
    assert (answer.status_code, answer.body) == (200, "ok")
    assert [it["text"] for it in slack.posted("scrubbed")] == ["by hook"]
    assert WebhookClient(slack.webhook).send(text="").body == "no_text"
    assert WebhookClient(f"{slack.endpoint}/services/x").send(text="x").status_code == 404


def test_other_processes_see_what_was_posted(slack, client):
    client.chat_postMessage(channel="scrubbed", text="x")
    with urlopen(f"{slack.endpoint}/_outbox") as answer:
        assert [it["text"] for it in json.load(answer)["messages"]] == ["x"]


def test_a_rate_limit_is_a_429_that_says_how_long(slack, client):
    slack.faults.throttled, slack.faults.patience = 1, 7
    with pytest.raises(SlackApiError) as found:
        client.chat_postMessage(channel="scrubbed", text="x")
    assert (found.value.response.status_code, found.value.response.headers["Retry-After"]) == (429, "7")
    assert slack.messages == []


def test_a_method_that_there_is_not_is_unknown(client):
    assert refusal(client.users_list) == "unknown_method"
