"""The page in Streamlit: what may be chosen, the conversation, and one turn of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
import streamlit as st

from apps.chat import entra, settings, tracing
from apps.chat.gateway import API_MANAGEMENT, LITELLM, Answer, client, stream
from apps.chat.refusals import sentence
from apps.chat.settings import Settings

# What a call can raise; a connection that is lost meanwhile comes as the HTTP client's own error.
FAILURES = (openai.OpenAIError, httpx2.HTTPError, entra.NoTokenError)


@dataclass(frozen=True)
class Choice:
    """What the sidebar says."""

    model: str
    key: str
    """The name that is shown."""
    way: str
    own_tracing: bool


langfuse = st.cache_resource(tracing.langfuse, show_spinner=False, hash_funcs={settings.Project: repr})
tokens = st.cache_resource(entra.tokens, show_spinner=False, hash_funcs={settings.Gateway: repr})


def begin() -> None:
    """A new conversation."""
    st.session_state.session = f"chat-{uuid.uuid4()}"
    st.session_state.messages = []
    st.session_state.notice = ""


def sidebar(config: Settings) -> Choice:
    """Everything that may be chosen, whether LiteLLM allows it or not."""
    with st.sidebar:
        model = st.selectbox("Model", config.models, key="model")
        ways = [LITELLM, API_MANAGEMENT]
        way = str(st.radio("Way", ways, key="way", horizontal=True)) if config.gateway else LITELLM
        key = _key(config, way)
        own = st.toggle(
            "Also trace to my own project",
            key="own_tracing",
            disabled=config.own_project is None,
            help="LiteLLM traces every call to its project. For a project of your own set LANGFUSE_PUBLIC_KEY and "
            "LANGFUSE_SECRET_KEY before `genai chat`.",
        )
        st.divider()
        session = st.session_state.session
        st.caption(f"Session `{session}`")
        st.link_button("This session in Langfuse", config.project.session(session), width="stretch")
        if config.own_project and own:
            st.link_button("The same in my own project", config.own_project.session(session), width="stretch")
        st.button("New conversation", key="new", on_click=begin, width="stretch")
    return Choice(model, key, way, own)


def _key(config: Settings, way: str) -> str:
    if way == API_MANAGEMENT and config.gateway and config.gateway.key_mode == "keyVault":
        return str(st.selectbox("Key", ["the application's, from Key Vault"], key="vault_key", disabled=True))
    # The master key is LiteLLM's administrator: it goes to LiteLLM alone.
    names = list(config.keys) if way == LITELLM else list(config.virtual_keys)
    return str(st.selectbox("Key", names, key=f"key_{way}"))


def show(message: dict[str, Any]) -> None:
    """One turn of the user, or of the model with what it cost."""
    with st.chat_message(message["role"]):
        st.markdown(message["content"])
        if caption := message.get("caption"):
            st.caption(caption)


def caption(choice: Choice, answer: Answer) -> str:
    """Who answered, and tokens and cost as LiteLLM counts them."""
    parts = [choice.model, f"key {choice.key}" if choice.way == LITELLM else f"{choice.way}, key {choice.key}"]
    if answer.tokens:
        parts.append(f"{answer.tokens['input']} + {answer.tokens['output']} tokens")
    if answer.cost is not None:
        parts.append(f"{answer.cost:.8f}".rstrip("0").rstrip(".") + " USD")
    return " · ".join(parts if answer.complete else [*parts, "not complete"])


def turn(config: Settings, choice: Choice, question: str) -> None:
    """Ask and show the answer as it comes. What was not answered is taken back."""
    # This list itself: once the user has stopped it, reading the session's state raises the stop again.
    messages, session = st.session_state.messages, st.session_state.session
    st.session_state.notice = notice = ""
    messages.append({"role": "user", "content": question})
    show(messages[-1])
    answer = Answer()
    via = tokens(config.gateway) if config.gateway and choice.way == API_MANAGEMENT else None
    own = langfuse(config.own_project) if config.own_project and choice.own_tracing else None
    call = {"session": session, "user": config.user, "answer": answer}
    try:
        with (
            st.chat_message("assistant"),
            client(config, choice.way, config.keys.get(choice.key, ""), via) as gateway,
            tracing.traced(own, choice.model, messages, **call),
        ):
            st.write_stream(stream(gateway, choice.model, messages, **call))
    except FAILURES as error:
        notice = sentence(error, config, model=choice.model, key=choice.key, way=choice.way)
    finally:  # the user's stop comes through here too
        if answer.parts:
            messages.append({"role": "assistant", "content": answer.text, "caption": caption(choice, answer)})
        else:
            messages.pop()
    if answer.parts and not answer.complete:
        notice = notice or "The answer broke off: ask again."
    elif not answer.parts:
        notice = f"{notice or f'{choice.model} answered without a word.'} Not answered: “{question}”"
    st.session_state.notice = notice
    st.rerun()


def page() -> None:
    """The whole page."""
    st.set_page_config(page_title="GenAI platform chat", page_icon=":material/chat:")
    st.title("GenAI platform chat")
    try:
        config = settings.read()
    except KeyError:
        st.error("`genai chat` starts this page: it says which day to talk to.")
        return
    if "session" not in st.session_state:
        begin()
    choice = sidebar(config)
    for message in st.session_state.messages:
        show(message)
    question = st.chat_input("Ask something", key="question", submit_mode="stop")
    if question:
        turn(config, choice, str(question))
    if st.session_state.notice:
        st.error(st.session_state.notice)


page()
