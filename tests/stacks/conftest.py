"""What a run of the program registered, for tests of settings that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ops.model.recorder import Recording


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """What a run registered, also one that ends in an error."""
    from ops.model import recorder  # tests beside this file run where Pulumi is not installed

    recordings: list[Recording] = []
    make = recorder.Recording

    def recording() -> Recording:
        recordings.append(make())
        return recordings[-1]

    monkeypatch.setattr(recorder, "Recording", recording)
    return recordings
