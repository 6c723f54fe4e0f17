"""Keys bound to clients, as the named value that carries them."""

from __future__ import annotations

import hashlib

import pytest

from policies.apim import NAMED_VALUE_LENGTH, key_bindings
from tests.policies.apim.world import CLIENT_A, CLIENT_B, KEY_A, KEY_B


def test_bindings_hold_hashes_and_no_key() -> None:
    text = key_bindings({CLIENT_B: [KEY_B], CLIENT_A: [KEY_B, KEY_A]})
    hashes = {key: hashlib.sha256(key.encode()).hexdigest() for key in (KEY_A, KEY_B)}
    pairs = {f"{CLIENT_A}:{hashes[KEY_A]}", f"{CLIENT_A}:{hashes[KEY_B]}", f"{CLIENT_B}:{hashes[KEY_B]}"}
    assert text == ",".join(sorted(pairs))


def test_bindings_do_not_depend_on_the_order_of_keys() -> None:
    assert key_bindings({CLIENT_A: [KEY_A, KEY_B]}) == key_bindings({CLIENT_A: [KEY_B, KEY_A, KEY_A]})


def test_no_bindings_are_still_a_value_that_api_management_accepts() -> None:
    assert key_bindings({}) == "none"


def test_as_many_bindings_as_a_named_value_holds() -> None:
    keys = [f"sk-{number:016}" for number in range(41)]
    assert len(key_bindings({CLIENT_A: keys[:40]})) <= NAMED_VALUE_LENGTH
    with pytest.raises(ValueError, match="41 keys are bound to clients, a named value holds 40"):
        key_bindings({CLIENT_A: keys})


@pytest.mark.parametrize("client_id", ["", "demo", CLIENT_A.upper(), CLIENT_A + "\n"])
def test_a_client_id_that_is_no_guid_is_refused(client_id: str) -> None:
    with pytest.raises(ValueError, match="no client id"):
        key_bindings({client_id: [KEY_A]})


def test_an_empty_list_of_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="empty list of keys"):
        key_bindings({CLIENT_A: []})
