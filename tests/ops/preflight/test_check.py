"""How checks are run, and what their outcomes add up to."""

from __future__ import annotations

import threading
import time

import pytest

from ops.checks.check import Outcome, State, bad, exit_code, fine, once, run
from tests.waiting import PATIENCE


def test_whatever_a_check_raises_means_that_it_could_not_look() -> None:
    def broken() -> Outcome:
        raise KeyError("Arn")

    def silent() -> Outcome:
        raise TimeoutError

    outcomes = run({"broken": broken, "silent": silent, "well": lambda: fine("yes")})
    assert outcomes == {
        "broken": Outcome(state=State.COULD_NOT_LOOK, says="'Arn'"),
        "silent": Outcome(state=State.COULD_NOT_LOOK, says="TimeoutError"),
        "well": fine("yes"),
    }


def test_checks_run_at_once() -> None:
    met = threading.Barrier(5, timeout=PATIENCE)

    def meet() -> Outcome:
        met.wait()
        return fine("met")

    outcomes = run({str(number): meet for number in range(5)})
    assert {outcome.state for outcome in outcomes.values()} == {State.FINE}


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ("fine", 0),
        ("fine bad", 1),
        ("fine skipped", 1),
        ("fine unseen", 2),
        ("bad unseen", 2),
    ],
)
def test_the_exit_code_is_that_of_the_worst(states: str, code: int) -> None:
    outcomes = {
        "fine": fine(""),
        "bad": bad("", fix="x"),
        "skipped": Outcome(state=State.SKIPPED, says=""),
        "unseen": Outcome(state=State.COULD_NOT_LOOK, says=""),
    }
    assert exit_code(outcomes[state] for state in states.split()) == code


def test_what_checks_share_is_asked_once_for_all() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        time.sleep(0.01)
        return 7

    shared = once(ask)
    threads = [threading.Thread(target=shared) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (shared(), len(asked)) == (7, 1)
