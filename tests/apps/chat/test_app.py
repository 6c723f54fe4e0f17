"""The page of the chat, run by Streamlit's own AppTest against a day on this machine; `make test-chat` installs it."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import langfuse
import pytest
import streamlit as st
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from streamlit.testing.v1 import AppTest

from ops.local.process import free_port
from tests.apps.chat import world
from tests.apps.chat.world import KEY, MASTER_KEY, MODELS, OWN_SECRET, World, error, refused_by_gateway
from tests.http_server import Answer, serve
from tests.waiting import PATIENCE

pytestmark = pytest.mark.chat
ROOT = Path(__file__).parents[3]
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of this machine, which vouches for itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = tmp_path_factory.mktemp("entra") / "server.pem"
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(plain + made.public_bytes(pem))
    return file


@pytest.fixture
def day() -> World:
    return World()


@pytest.fixture
def urls(day: World, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The day's addresses."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ExitStack() as stack:
        found = {name: stack.enter_context(serve(getattr(day, name))) for name in ("litellm", "langfuse", "gateway")}
        yield {**found, "entra": stack.enter_context(serve(day.entra, context))}


@pytest.fixture
def chat(urls: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page."""

    def opened(key_mode: str | None = None, **more: Any) -> AppTest:
        st.cache_resource.clear()
        monkeypatch.setenv("GENAI_CHAT", json.dumps(world.settings(urls, key_mode, **more)))
        return run(AppTest.from_file(str(ROOT / "apps" / "chat" / "app.py"), default_timeout=PATIENCE))

    return opened


def run(page: Any) -> AppTest:
    shown: AppTest = page.run()
    assert not shown.exception
    return shown


def ask(page: AppTest, question: str) -> AppTest:
    return run(page.chat_input[0].set_value(question))


def choose(page: AppTest, **values: str) -> AppTest:
    """By the keys of the widgets."""
    for name, value in values.items():
        run(page.selectbox(key=name).set_value(value))
    return page


def bubbles(page: AppTest) -> list[str]:
    return [message.markdown[0].value.strip() for message in page.chat_message]


def own_project(urls: Mapping[str, str]) -> Mapping[str, str]:
    """A new one each time: Langfuse's SDK keeps what it made for a public key as long as the process lives."""
    public_key = f"pk-lf-{uuid.uuid4()}"
    return {"url": urls["langfuse"], "id": "own", "publicKey": public_key, "secretKey": OWN_SECRET}


def test_a_conversation_streams_and_stays_one_session(chat: Open, day: World) -> None:
    page = ask(ask(chat(), "hello there"), "again")
    assert bubbles(page) == ["hello there", "Echo: hello there", "again", "Echo: again"]
    assert [request.body["metadata"]["session_id"] for request in day.asked] == [page.session_state["session"]] * 2
    assert [message["role"] for message in day.questions[1]] == ["user", "assistant", "user"]
    assert {name for message in day.questions[1] for name in message} == {"role", "content"}
    assert day.asked[0].body["metadata"]["trace_user_id"] == "anna"
    assert day.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_new_page_shows_its_title_and_nothing_else(chat: Open) -> None:
    page = chat()
    assert len(page.title) == 1
    assert [page.markdown.values, page.text.values, page.error.values] == [[], [], []]


def test_a_turn_shows_its_tokens_and_its_cost(chat: Open) -> None:
    page = ask(chat(), "hello")
    (caption,) = page.chat_message[-1].caption
    assert caption.value == "gpt-4o-mini · key restricted · 9 + 3 tokens · 0.00000915 USD"


def test_the_restricted_key_is_refused_and_the_master_key_is_not(chat: Open, day: World) -> None:
    page = ask(choose(chat(masterKey=MASTER_KEY), model=MODELS[1]), "which model are you?")
    assert page.error[0].value.startswith("The key restricted may not use the model gemini-2.5-flash-lite")
    assert "Not answered: “which model are you?”" in page.error[0].value
    assert bubbles(page) == []
    page = ask(choose(page, key_LiteLLM="master key"), "which model are you?")
    assert bubbles(page)[-1] == "Echo: which model are you?"
    assert [len(messages) for messages in day.questions] == [1, 1]
    assert not page.error


def test_without_the_setting_there_is_no_master_key(chat: Open) -> None:
    assert chat().selectbox(key="key_LiteLLM").options == ["restricted", "other"]
    assert chat(masterKey=MASTER_KEY).selectbox(key="key_LiteLLM").options == ["restricted", "other", "master key"]


REFUSALS: Mapping[str, tuple[Answer, str]] = {
    "budget": (error(422, "budget_exceeded", "Key=x (sk-...t2pQ) Current cost: 1, Max budget: 1"), "budget of the key"),
    "rate": (error(429, "throttling_error", f"Rate limit exceeded for api_key: {world.HASH}."), "wait a minute"),
    "provider's rate": (error(429, "RateLimitError", "no"), "wait a minute"),
    "ended key": (error(401, "expired_key", "Authentication Error - Expired Key."), "has ended"),
    "blocked key": (error(401, "auth_error", "Authentication Error, Key is blocked."), "is blocked"),
    "unknown key": (error(401, "token_not_found_in_db", f"Key Hash (Token) ={world.HASH}"), "not known any more"),
    "team": (error(403, "team_model_access_denied", "no"), "The team of the key restricted"),
    "another 403": (error(403, "permission_error", f"no {KEY}"), "may not make this call"),
    "unknown model": (
        error(400, "invalid_request_error", f"Invalid model name passed in model=x. {KEY}"),
        "LiteLLM refuses this call (400): Invalid model name passed in model=x.",
    ),
    "broken provider": (error(500, "InternalServerError", "boom"), "LiteLLM refuses this call (500): boom"),
    "no JSON": (Answer(502, "<html>Bad Gateway</html>"), "may be starting again"),
    "not ready": (Answer(503, ""), "is not ready"),
    "too slow": (Answer(504, ""), "no answer in time"),
    "no word": (Answer(200, "data: [DONE]\n\n", {"Content-Type": "text/event-stream"}), "answered without a word"),
    "error in the stream": (
        Answer(200, f'data: {{"error": {{"message": "gone {KEY}"}}}}\n\n', {"Content-Type": "text/event-stream"}),
        "The answer broke off: gone …",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_is_a_sentence_and_takes_the_turn_back(chat: Open, day: World, case: str) -> None:
    day.instead, says = REFUSALS[case]
    page = ask(chat(), "hello")
    assert says in page.error[0].value
    assert not any(hidden in page.error[0].value for hidden in (KEY, world.HASH, "t2pQ"))
    assert bubbles(page) == []
    day.instead = None
    assert bubbles(ask(page, "again")) == ["again", "Echo: again"]
    assert [len(messages) for messages in day.questions] == [1, 1]
    assert not page.error


def test_a_restart_of_litellm_is_survived(chat: Open, day: World) -> None:
    port = free_port()
    with serve(day.litellm, port=port) as url:
        page = ask(chat(litellmUrl=url), "first")
    page = ask(page, "second")
    assert page.error[0].value.startswith("LiteLLM does not answer: it may be starting again.")
    assert bubbles(page) == ["first", "Echo: first"]
    with serve(day.litellm, port=port):
        page = ask(page, "third")
    assert bubbles(page) == ["first", "Echo: first", "third", "Echo: third"]
    assert not page.error


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "100000"}], ids=["ended", "cut off"])
def test_an_answer_that_breaks_off_keeps_what_came(chat: Open, day: World, headers: Mapping[str, str]) -> None:
    day.broken = headers
    page = ask(chat(), "hello")
    assert bubbles(page) == ["hello", "Echo:"]
    assert page.chat_message[-1].caption[0].value.endswith("not complete")
    assert "ask again" in page.error[0].value.lower()
    day.broken = None
    assert bubbles(ask(page, "again"))[-1] == "Echo: again"
    assert [message["role"] for message in day.questions[-1]] == ["user", "assistant", "user"]


@pytest.mark.parametrize(("mode", "key"), [("header", KEY), ("keyVault", None)])
def test_api_management_gets_a_token_and_in_header_mode_the_key(
    chat: Open, day: World, mode: str, key: str | None
) -> None:
    page = chat(mode, masterKey=MASTER_KEY)
    run(page.radio(key="way").set_value("API Management"))
    page = ask(ask(page, "hello"), "again")
    assert bubbles(page)[-1] == "Echo: again"
    assert [request.headers["authorization"] for request in day.asked] == [f"Bearer {day.tokens[0]}"] * 2
    assert {request.headers.get("x-litellm-api-key") for request in day.asked} == {key}
    assert "master key" not in [name for box in page.selectbox for name in box.options]


def test_the_master_key_stays_with_litellm_when_the_way_changes(chat: Open, day: World) -> None:
    page = choose(chat("header", masterKey=MASTER_KEY), key_LiteLLM="master key")
    run(page.radio(key="way").set_value("API Management"))
    ask(page, "hello")
    assert MASTER_KEY not in str(day.asked[0].headers)


def test_a_token_that_ends_soon_is_asked_for_anew(chat: Open, day: World) -> None:
    day.token_seconds = 60  # less than the five minutes that msal leaves a token
    page = chat("header")
    run(page.radio(key="way").set_value("API Management"))
    ask(ask(page, "hello"), "again")
    assert [request.headers["authorization"] for request in day.asked] == [f"Bearer {token}" for token in day.tokens]
    assert len(set(day.tokens)) == 2


GATEWAY_REFUSALS = {
    "role_missing": (403, "has no role for this API yet"),
    "invalid_token": (401, "does not take the token"),
    "key_missing": (401, "has no LiteLLM key"),
    "key_not_allowed": (403, "use the key restricted"),
    "rate_limited": (429, "wait a minute"),
    "backend_unreachable": (502, "does not reach LiteLLM"),
    "backend_timeout": (504, "took too long"),
}


@pytest.mark.parametrize("code", GATEWAY_REFUSALS)
def test_what_api_management_refuses_is_a_sentence(chat: Open, day: World, code: str) -> None:
    status, says = GATEWAY_REFUSALS[code]
    day.instead = refused_by_gateway(status, code)
    page = chat("header")
    run(page.radio(key="way").set_value("API Management"))
    assert says in ask(page, "hello").error[0].value


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret x."}),
            "Entra ID refuses the application (AADSTS7000215)",
        ),
        (Answer(500, "<html>"), "Entra ID does not answer"),
    ],
)
def test_without_a_token_it_says_why(chat: Open, day: World, answer: Answer, says: str) -> None:
    day.to_token = answer
    page = chat("header")
    run(page.radio(key="way").set_value("API Management"))
    assert says in ask(page, "hello").error[0].value
    assert bubbles(page) == []


def test_own_tracing_can_be_switched_on_and_off(chat: Open, day: World, urls: Mapping[str, str]) -> None:
    own = own_project(urls)
    page = ask(chat(ownProject=own), "not traced here")
    run(page.toggle(key="own_tracing").set_value(True))
    ask(page, "traced")
    run(page.toggle(key="own_tracing").set_value(False))
    ask(page, "not traced here either")
    langfuse.get_client(public_key=own["publicKey"]).flush()
    (span,) = day.spans
    assert set(day.pairs) == {f"{own['publicKey']}:{OWN_SECRET}"}
    told = span.attributes
    assert told["session.id"] == page.session_state["session"]
    assert (told["user.id"], told["langfuse.observation.type"]) == ("anna", "generation")
    assert told["langfuse.observation.output"].strip() == "Echo: traced"
    assert json.loads(told["langfuse.observation.usage_details"]) == {"input": 9, "output": 3}
    assert json.loads(told["langfuse.observation.cost_details"]) == {"total": 9.15e-06}
    assert "langfuse.observation.completion_start_time" in told


def test_a_refused_turn_is_an_error_in_my_own_project(chat: Open, day: World, urls: Mapping[str, str]) -> None:
    own = own_project(urls)
    page = choose(chat(ownProject=own), model=MODELS[1])
    run(page.toggle(key="own_tracing").set_value(True))
    ask(page, "hello")
    langfuse.get_client(public_key=own["publicKey"]).flush()
    (span,) = day.spans
    assert span.attributes["langfuse.observation.level"] == "ERROR"
    assert span.attributes["langfuse.observation.status_message"] == "PermissionDeniedError"


def test_a_langfuse_that_is_away_does_not_hold_the_chat_up(chat: Open, urls: Mapping[str, str]) -> None:
    away = {**own_project(urls), "url": "http://127.0.0.1:9"}
    page = chat(ownProject=away)
    run(page.toggle(key="own_tracing").set_value(True))
    began = time.monotonic()
    assert bubbles(ask(page, "hello"))[-1] == "Echo: hello"
    assert time.monotonic() - began < 20


def test_without_a_project_of_ones_own_there_is_nothing_to_switch_on(chat: Open) -> None:
    assert chat().toggle(key="own_tracing").disabled


def test_a_new_conversation_is_a_new_session_with_a_link_of_its_own(chat: Open, urls: Mapping[str, str]) -> None:
    page = ask(chat(ownProject=own_project(urls)), "hello")
    before = page.session_state["session"]
    assert links(page) == [f"{urls['langfuse']}/project/genai-platform/sessions/{before}"]
    run(page.toggle(key="own_tracing").set_value(True))
    run(page.button(key="new").click())
    after = page.session_state["session"]
    assert after != before
    assert bubbles(page) == []
    projects = ("genai-platform", "own")
    assert links(page) == [f"{urls['langfuse']}/project/{project}/sessions/{after}" for project in projects]


def links(page: AppTest) -> list[str]:
    return [element.proto.url for element in page.sidebar.get("link_button")]


def test_started_by_hand_it_says_how_to_start_it(chat: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = chat()
    monkeypatch.delenv("GENAI_CHAT")
    assert "`genai chat` starts this page" in run(page).error[0].value
