"""What a run of the program registered, for tests of settings that are refused."""

from __future__ import annotations

import pytest

from ops.model import recorder
from ops.model.recorder import Recording


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """What a run registered, also one that ends in an error."""
    recordings: list[Recording] = []

    def recording() -> Recording:
        recordings.append(Recording())
        return recordings[-1]

    monkeypatch.setattr(recorder, "Recording", recording)
    return recordings
