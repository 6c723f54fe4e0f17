"""A trace of each turn in a Langfuse project of one's own, written by hand.

`langfuse.openai` would trace every client of this process, and could not be switched off again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from langfuse import Langfuse, propagate_attributes

from apps.chat.gateway import Answer
from apps.chat.settings import Project


def langfuse(project: Project) -> Langfuse:
    """A client that sends traces to the project, in the background; keep one for each project."""
    return Langfuse(public_key=project.public_key, secret_key=project.secret_key, base_url=project.url)


@contextmanager
def traced(
    langfuse: Langfuse | None,
    model: str,
    messages: Sequence[Mapping[str, str]],
    *,
    session: str,
    user: str,
    answer: Answer,
) -> Iterator[None]:
    """One generation around what is done meanwhile, with what `answer` holds at the end; nothing without a client."""
    if langfuse is None:
        yield
        return
    asked = [{"role": message["role"], "content": message["content"]} for message in messages]
    with (
        propagate_attributes(session_id=session, user_id=user, trace_name="genai chat", tags=["own-tracing"]),
        langfuse.start_as_current_observation(
            name="genai chat", as_type="generation", model=model, input=asked
        ) as generation,
    ):
        try:
            yield
        except Exception as error:
            generation.update(level="ERROR", status_message=type(error).__name__)
            raise
        finally:  # also when the user stops it
            generation.update(
                output=answer.text,
                completion_start_time=answer.began,
                usage_details=dict(answer.tokens) if answer.tokens else None,
                cost_details={"total": answer.cost} if answer.cost is not None else None,
            )
