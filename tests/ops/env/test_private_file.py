"""A file that `genai env` writes; what happens to files of others stands in `test_command`."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from ops.commands.env import private_file


def test_a_file_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (folder := tmp_path / "day").mkdir()
    with (
        mock.patch.object(Path, "replace", side_effect=OSError(30, "Read-only file system")),
        pytest.raises(private_file.PrivateFileError, match="cannot be written: Read-only file system"),
    ):
        private_file.write(folder / "env", "secret")
    assert list(folder.iterdir()) == []
