"""What `genai chat` asks Langfuse before it opens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.commands.chat.settings import ChatError, Pair, running_stack
from ops.stack.running_stacks import RunningAwsStack
from tests.http_server import Answer, serve

DAY: dict[str, Any] = {
    **dict.fromkeys(("langfuseBucket", "clickhouseBucket", "clusterName", "region"), ""),
    "litellmUrl": "https://litellm.example.com",
    "litellmMasterKey": "sk-master-0123456789",
    "virtualKeys": {"demo": "sk-demo-0123456789"},
    "langfuseUrl": "https://langfuse.example.com",
    "langfusePublicKey": "pk-lf-1",
    "langfuseSecretKey": "sk-lf-1",
    "models": ["echo"],
    "mocks": ["echo"],
    "stack": "dev",
    "keyModels": {"demo": ["echo"]},
}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(401, {"message": "Invalid credentials."}), "does not take the key pair of pk-lf-1"),
        (Answer(200, "<html>"), "does not answer as Langfuse does (200)"),
        (Answer(200, {"data": []}), "does not answer as Langfuse does (200)"),
        (Answer(503, ""), "does not answer as Langfuse does (503)"),
    ],
)
def test_a_langfuse_that_gives_no_project_is_told_without_the_secret(answer: Answer, says: str) -> None:
    with serve(lambda _: answer) as url, pytest.raises(ChatError, match=re.escape(says)) as raised:
        Pair(url, "pk-lf-1", "sk-lf-secret").project()
    assert "sk-lf-secret" not in str(raised.value)


def test_a_langfuse_that_is_away_is_told() -> None:
    with pytest.raises(ChatError, match="Langfuse does not answer at"):
        Pair("http://127.0.0.1:9", "pk-lf-1", "sk-lf-1").project()


def test_without_any_key_there_is_nothing_to_chat_with() -> None:
    day = RunningAwsStack.model_validate({**DAY, "virtualKeys": {}, "keyModels": {}})
    addresses = {"litellm_url": "http://127.0.0.1:9", "langfuse_url": "http://127.0.0.1:9"}
    with pytest.raises(ChatError, match=r"There is no virtual key.*`pulumi up -s dev`"):
        running_stack(day, None, None, **addresses, allow_master_key=False)


def test_a_project_in_another_langfuse_stays_there() -> None:
    answer = Answer(200, {"data": [{"id": "project"}]})
    with serve(lambda _: answer) as ours, serve(lambda _: answer) as theirs:
        own = Pair(theirs, "pk-lf-2", "sk-lf-2")
        day = RunningAwsStack.model_validate(DAY)
        told = running_stack(day, None, own, litellm_url=ours, langfuse_url=ours, allow_master_key=False)
    assert (told["project"]["url"], told["ownProject"]["url"]) == (ours, theirs)
