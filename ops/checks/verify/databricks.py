"""Databricks: a token, a completion, the split over many calls, the fallback, the inference and the usage tables."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from catalogue.databricks import ENTRA_RESOURCE
from ops.checks.verify.completions import question
from ops.checks.verify.databricks_fallback import Fallback
from ops.checks.verify.http import ANSWER_SECONDS, ask, bearer, client, seen
from ops.checks.verify.polling import NotYetError, until
from ops.checks.verify.proof import Proof
from ops.checks.verify.step import Step, UnprovedError
from ops.stack.running_stacks import RunningDatabricks

CALLS = 24
"""With a share of 50 per cent, 5 to 19 answers of one model are nothing strange."""
STRANGE = 0.001
"""A split that chance brings about less often than this is not the one of the settings."""
TABLE_SECONDS = 900
"""Databricks logs payloads "as best it can" and promises no time; public notes tell of minutes, and of an hour."""
WAREHOUSE_SECONDS = 120
"""A serverless warehouse starts in seconds (`catalogue.databricks_types`); each question waits 50 s for it."""

NO_FALLBACK = "No fallback was proved: no model of servedModels has share 0."
_PATHS = {"service": "/ai-gateway/mlflow/v1/chat/completions", "endpoint": "/serving-endpoints/chat/completions"}
_USAGE = {"service": "system.ai_gateway.usage", "endpoint": "system.serving.endpoint_usage"}
_TIME = {"service": "event_time", "endpoint": "request_time"}


@contextmanager
def proof_of_databricks(stack: RunningDatabricks, token: Callable[[str], Mapping[str, str]]) -> Iterator[Proof]:
    """The proof of this stack; `token` gives the token of whoever runs this (`ops.clouds.azure.access_token`)."""
    secrets = set(stack.secrets)
    with client() as http:
        steps = DatabricksSteps(stack, http, secrets, token).steps()
        yield Proof(steps=steps, secrets=secrets, notes=[] if stack.fallbacks else [NO_FALLBACK])


class DatabricksSteps:
    """The steps, as LiteLLM's service principal, and for the tables as whoever runs this."""

    def __init__(
        self,
        stack: RunningDatabricks,
        http: httpx.Client,
        hidden: set[str],
        token: Callable[[str], Mapping[str, str]],
    ) -> None:
        """`hidden` is told the tokens, so that they are not shown."""
        self._stack, self._http, self._hidden, self._own_token = stack, http, hidden, token
        self._token = ""
        self._began = datetime.now(UTC)

    def steps(self) -> list[Step]:
        """In the order they are to be taken."""
        up = f"`pulumi up -s {self._stack.stack} --refresh`"
        steps = [
            Step(
                name="Databricks token",
                prove=self._get_token,
                means=f"LiteLLM cannot log in: its secret may have ended (output clientSecretEnd; {up} makes another)",
            ),
            Step(
                name="completion through Databricks",
                prove=self._completion,
                after=("Databricks token",),
                means="Callers get no answer. 403 is a right that is missing, 4xx of a provider its key or deployment "
                f"(docs/databricks.md); {up} puts rights back",
            ),
            Step(
                name="Databricks refuses without a token",
                prove=self._strangers_refused,
                means=f"The model answers whoever calls: take the stack down (`pulumi destroy -s {self._stack.stack}`)",
            ),
            Step(
                name="split",
                prove=self._split,
                after=("completion through Databricks",),
                means="Calls are not split as servedModels says, or a provider fails and another answers for it: see "
                "the errors in the dashboard (output dashboardUrl)",
            ),
        ]
        if self._stack.fallbacks:
            steps.append(
                Step(
                    name="fallback",
                    prove=self._fallback,
                    after=("completion through Databricks",),
                    means="A copy of the gateway whose first model nobody answers got no answer of the fallback: it "
                    "may have no key or deployment, or you may not make anything beside the gateway. What is called "
                    "genai_verify_ there can be deleted",
                )
            )
        if self._stack.inference_table:
            steps.append(
                Step(
                    name="inference table",
                    prove=self._payload_row,
                    after=("completion through Databricks",),
                    means="No call of this proof is in the table yet, or you may not read it: it belongs to whoever "
                    "ran `up`. Databricks may take an hour",
                )
            )
        if self._stack.warehouse_id:
            steps.append(
                Step(
                    name="usage of everybody",
                    prove=self._usage,
                    means="Neither rows nor a refusal came back: see the warehouse under SQL Warehouses",
                )
            )
        return steps

    def _get_token(self) -> str:
        answer = ask(
            self._http,
            "POST",
            f"{self._stack.workspace_url}/oidc/v1/token",
            auth=(self._stack.client_id, self._stack.client_secret),
            data={"grant_type": "client_credentials", "scope": "all-apis"},
        )
        self._token = answer.json()["access_token"]
        self._hidden.add(self._token)
        return "for the service principal of LiteLLM"

    def _completion(self) -> str:
        return f"{self._answered()} answered for {self._stack.served_model}"

    def _answered(self) -> str:
        """The model that answered."""
        answer = self._chat(self._token)
        if answer.status_code != httpx.codes.OK:
            raise UnprovedError(seen(answer))
        if not answer.json()["choices"][0]["message"]["content"]:
            raise UnprovedError(f"{self._stack.served_model} answered without a word")
        return str(answer.json()["model"])

    def _strangers_refused(self) -> str:
        answer = self._chat(None)
        if answer.status_code not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise UnprovedError(f"without a token: {seen(answer)}")
        return str(answer.status_code)

    def _split(self) -> str:
        wanted: Counter[str] = Counter()
        for name, share in self._stack.shares.items():
            wanted[self._stack.answers_as[name]] += share
        answered = Counter(named_by(self._answered(), wanted) for _ in range(CALLS))
        says = ", ".join(f"{model} {answered[model]} of {CALLS} for {share} %" for model, share in wanted.items())
        if strangers := sorted(set(answered) - set(wanted)):
            raise UnprovedError(f"{', '.join(strangers)} answered, which servedModels does not name: {says}")
        odd = [model for model, share in wanted.items() if chance(answered[model], CALLS, share / 100) < STRANGE]
        if odd:
            raise UnprovedError(f"chance alone does not explain it: {says}")
        return says

    def _payload_row(self) -> str:
        began = self._began.strftime("%Y-%m-%d %H:%M:%SZ")  # else it is in the warehouse's own time zone
        time = _TIME[self._stack.gateway]
        query = f"SELECT count(*) FROM {self._stack.inference_table} WHERE {time} >= '{began}'"  # noqa: S608  outputs

        def rows() -> str:
            found = self._sql(query)
            if isinstance(found, str) and "TABLE_OR_VIEW_NOT_FOUND" in found:
                raise NotYetError(f"no table after {TABLE_SECONDS} s: the gateway makes it after the first call")
            if isinstance(found, str):
                raise UnprovedError(found)
            if not found:
                raise NotYetError(f"no row after {TABLE_SECONDS} s")
            return f"{found} rows of this proof"

        return until(rows, seconds=TABLE_SECONDS, interval=30)

    def _usage(self) -> str:
        table = _USAGE[self._stack.gateway]
        query = f"SELECT count(*) FROM {table}"  # noqa: S608  a name of this module
        found = until(lambda: self._sql(query), seconds=WAREHOUSE_SECONDS, interval=10)
        if isinstance(found, int):
            return f"{table} has {found} rows"
        return f"{table} is not yours to read: an administrator of the account grants SELECT on it ({found})"

    def _sql(self, statement: str) -> int | str:
        """The one number that the warehouse answers, as whoever runs this; or why it does not."""
        answer: Any = ask(
            self._http,
            "POST",
            f"{self._stack.workspace_url}/api/2.0/sql/statements",
            headers=bearer(self._token_of_my_own()),
            json={"warehouse_id": self._stack.warehouse_id, "statement": statement, "wait_timeout": "50s"},
        ).json()
        status = answer["status"]
        if status["state"] == "SUCCEEDED":
            return int(answer["result"]["data_array"][0][0])
        if status["state"] == "FAILED":
            return str(status["error"]["message"])
        raise NotYetError(f"the warehouse is {status['state']}")

    def _token_of_my_own(self) -> str:
        token = self._own_token(ENTRA_RESOURCE)["accessToken"]
        self._hidden.add(token)
        return token

    def _fallback(self) -> str:
        """Made and called as whoever runs this: LiteLLM may not call what it has no right on."""
        fallbacks = {self._stack.answers_as[name] for name in self._stack.fallbacks}
        token, base = self._token_of_my_own(), self._stack.workspace_url
        with httpx.Client(base_url=base, headers=bearer(token), timeout=ANSWER_SECONDS) as own:
            copy = Fallback(own, self._stack.served_model, lambda model: self._chat(token, model))
            service = self._stack.gateway == "service"
            model = copy.of_service() if service else copy.of_endpoint(self._stack.fallbacks)
        if named_by(model, dict.fromkeys(fallbacks)) not in fallbacks:
            raise UnprovedError(f"{model} answered, and the fallbacks are {', '.join(sorted(fallbacks))}")
        return f"{model} answered where the first model could not be reached"

    def _chat(self, token: str | None, model: str = "") -> httpx.Response:
        body = question(model or self._stack.served_model, max_tokens=16)
        url = f"{self._stack.workspace_url}{_PATHS[self._stack.gateway]}"
        return self._http.post(url, headers={} if token is None else bearer(token), json=body)


def named_by(answer: str, models: Mapping[str, Any]) -> str:
    """Which of the models the answer names: itself, or with a version behind it (`gpt-4o-mini-2024-07-18`).

    Of two that it could be, the longer one: a version may be served beside its model.
    """
    return max((one for one in models if re.fullmatch(rf"{re.escape(one)}(-\d.*)?", answer)), key=len, default=answer)


def chance(seen_: int, calls: int, share: float) -> float:
    """How often chance brings about a number of answers that is at most as likely as this one (exact binomial test)."""

    def likely(number: int) -> float:
        return math.comb(calls, number) * share**number * (1 - share) ** (calls - number)

    return sum(likely(number) for number in range(calls + 1) if likely(number) <= likely(seen_) * (1 + 1e-9))
