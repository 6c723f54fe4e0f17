"""The YAML files of a stack become what the engine would pass to the program."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.project import ROOT
from ops.stack.settings_file import StackConfig, StackConfigError, read

PROJECT = """
name: genaiplatform
config:
  aws:region: {value: us-east-1}
  size: {type: string, default: day}
  zones: {type: integer, default: 2}
  open: {type: boolean, default: false}
  names: {type: array, items: {type: string}, default: [a, b]}
  required: {type: string}
  short: as is
"""


def stack_of(folder: Path, text: str, *overrides: str) -> StackConfig:
    (folder / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    return read(folder, "dev", overrides)


def test_a_setting_that_stands_there_in_both_spellings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackConfigError, match=r"sets size twice, also as genaiplatform:size: leave one out"):
        stack_of(tmp_path, "config:\n  genaiplatform:size: day\n  size: team\n")


def test_project_defaults_are_passed_as_text_and_json(tmp_path: Path) -> None:
    assert stack_of(tmp_path, "").values == {
        "aws:region": "us-east-1",
        "genaiplatform:size": "day",
        "genaiplatform:zones": "2",
        "genaiplatform:open": "false",
        "genaiplatform:names": '["a", "b"]',
        "genaiplatform:short": "as is",
    }


def test_the_stack_file_wins_over_the_project_and_an_override_over_both(tmp_path: Path) -> None:
    text = "config: {genaiplatform:size: team, genaiplatform:zones: 3, aws:region: ap-northeast-1}"
    config = stack_of(tmp_path, text, "zones=2", "aws:region=eu-west-1")
    assert config.values["genaiplatform:size"] == "team"
    assert config.values["genaiplatform:zones"] == "2"
    assert config.values["aws:region"] == "eu-west-1"


def test_an_unquoted_version_loses_its_zero_as_in_pulumi_but_not_in_an_override(tmp_path: Path) -> None:
    config = stack_of(tmp_path, "config: {genaiplatform:version: 1.40}", "other=1.40")
    assert config.values["genaiplatform:version"] == "1.4"
    assert config.values["genaiplatform:other"] == "1.40"


@pytest.mark.parametrize(
    ("written", "text", "in_a_list"),
    [
        # As the engine's reader has them, gopkg.in/yaml.v3.
        ("", "", None),
        ("~", "", None),
        ("null", "", None),
        ("yes", "yes", "yes"),
        ("NO", "NO", "NO"),
        ("off", "off", "off"),
        ("True", "true", True),
        ("1:30", "1:30", "1:30"),
        ("1e3", "1000", 1000),
        ("1.0", "1", 1),
        ("010", "8", 8),
        ("0o10", "8", 8),
        ("08", "8", 8),
        ("1_000", "1000", 1000),
        ("0x1F", "31", 31),
        ("1e", "1e", "1e"),
        ("'1e3'", "1e3", "1e3"),
    ],
)
def test_a_scalar_is_what_it_is_to_the_engine(tmp_path: Path, written: str, text: str, in_a_list: object) -> None:
    config = stack_of(tmp_path, f"config:\n  genaiplatform:a: {written}\n  genaiplatform:b:\n    - {written}\n")
    assert config.values["genaiplatform:a"] == text
    found = json.loads(config.values["genaiplatform:b"])
    assert (found, type(found[0])) == ([in_a_list], type(in_a_list))


def test_a_price_without_a_dot_is_a_number(tmp_path: Path) -> None:
    config = stack_of(tmp_path, "config: {genaiplatform:a: [1e-6]}")
    assert json.loads(config.values["genaiplatform:a"]) == [0.000001]


@pytest.mark.parametrize("region", ["''", "", "moon-1", "cn-north-1", "'us-east-1 '"])
def test_a_region_that_is_none_is_refused_by_every_command(tmp_path: Path, region: str) -> None:
    with pytest.raises(StackConfigError, match=r"aws:region: .*(set one such as us-east-1|did you mean us-east-1\?)"):
        stack_of(tmp_path, f"config: {{aws:region: {region}}}")


@pytest.mark.parametrize("text", ["a: hidden: b", "a: [hidden", "a: 'hidden", "a: &hidden *x"])
def test_what_a_broken_file_holds_is_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(StackConfigError, match=r"is no valid YAML: line \d+, column \d+: ") as caught:
        stack_of(tmp_path, f"config:\n  {text}\n")
    assert "hidden" not in str(caught.value)
    with pytest.raises(StackConfigError) as caught:
        stack_of(tmp_path, "", "providerKeys={a: hidden")
    assert "hidden" not in str(caught.value)


def test_lists_and_objects_in_overrides_become_json(tmp_path: Path) -> None:
    config = stack_of(tmp_path, "", 'names=["x"]', "models=[{name: echo, model: openai/echo}]", "empty=")
    assert json.loads(config.values["genaiplatform:names"]) == ["x"]
    assert json.loads(config.values["genaiplatform:models"]) == [{"name": "echo", "model": "openai/echo"}]
    assert config.values["genaiplatform:empty"] == ""


def test_encrypted_values_count_as_secret_and_get_a_placeholder_that_passes(tmp_path: Path) -> None:
    text = """
config:
  genaiplatform:token: {secure: v1:abc}
  genaiplatform:fixedSecrets:
    litellmMasterKey: {secure: v1:def}
    plain: word
  genaiplatform:list: [{secure: v1:ghi}]
"""
    config = stack_of(tmp_path, text)
    assert set(config.secret_keys) == {f"genaiplatform:{key}" for key in ("token", "fixedSecrets", "list")}
    assert "v1:" not in "".join(config.values.values())
    fixed = json.loads(config.values["genaiplatform:fixedSecrets"])
    assert fixed["litellmMasterKey"].startswith("sk-")
    assert fixed["plain"] == "word"
    assert re.fullmatch("[0-9a-f]{32}", config.values["genaiplatform:token"])


def test_an_override_in_plain_text_is_no_secret_any_more(tmp_path: Path) -> None:
    config = stack_of(tmp_path, "config: {genaiplatform:token: {secure: v1:abc}}", "token=open")
    assert config.secret_keys == ()


def test_an_unknown_stack_is_refused_with_the_ones_there_are(tmp_path: Path) -> None:
    stack_of(tmp_path, "")
    with pytest.raises(StackConfigError, match=r"no stack 'prod'.*one of: dev"):
        read(tmp_path, "prod")


@pytest.mark.parametrize("override", ["size", "=team", "names=[a"])
def test_an_override_that_is_no_assignment_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(StackConfigError, match="--set"):
        stack_of(tmp_path, "", override)


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackConfigError, match=r"Pulumi\.dev\.yaml is no valid YAML"):
        stack_of(tmp_path, "config: [")


@pytest.mark.parametrize("text", ["- a", "text", "config: [a]", "config: text", "config: {1: 2}"])
def test_a_file_of_another_shape_is_named_with_the_right_one(tmp_path: Path, text: str) -> None:
    with pytest.raises(StackConfigError, match=r"Pulumi\.dev\.yaml does not hold .* `genaiplatform:size: day`"):
        stack_of(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    stack_of(tmp_path, "")
    (tmp_path / "Pulumi.dev.yaml").write_bytes(b"\xff")
    with pytest.raises(StackConfigError, match=r"Pulumi\.dev\.yaml cannot be read"):
        read(tmp_path, "dev")
    (tmp_path / "Pulumi.yaml").unlink()
    with pytest.raises(StackConfigError, match=r"Pulumi\.yaml cannot be read"):
        read(tmp_path, "dev")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: {genaiplatform:owner: 2026-01-01}", "genaiplatform:owner is no text but a date: put it in quotes"),
        ("config: {genaiplatform:a: {2026-01-01: x}}", "the key 2026-01-01 is no text but a date"),
        ("config: {genaiplatform:a: {1: x}}", "the key 1 is no text but a number"),
        ("config: {genaiplatform:a: &a [*a]}", "holds itself"),
        ("config: {genaiplatform:a: &a {b: *a}}", "holds itself"),
        (f"config: {{genaiplatform:a: {'9' * 5000}}}", "no valid YAML"),
        (f"config: {{genaiplatform:a: {'9' * 4000}}}", "more than 64 bits"),
        (f"config: {{genaiplatform:a: 0x{'f' * 9000}}}", "more than 64 bits"),
        ("config: {genaiplatform:a: .inf}", "no number that can be passed on"),
        ("config: {genaiplatform:a: !!binary aGk=}", "of the kind bytes"),
        ("config: {genaiplatform:a: !!set {b}}", "of the kind set"),
        ("config: {genaiplatform:a: 2026-13-99}", "no valid YAML"),
        ("config: {genaiplatform:a: x, genaiplatform:a: y}", "stands twice"),
        ("config:\n\tgenaiplatform:a: x", "no valid YAML"),
        ("config: {genaiplatform:a: " + "[" * 3000 + "]" * 3000 + "}", "nested too deeply"),
    ],
)
def test_what_pulumi_could_not_pass_on_is_refused_in_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(StackConfigError) as caught:
        stack_of(tmp_path, text)
    assert says in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    stack_of(tmp_path, "")
    (tmp_path / "Pulumi.dev.yaml").unlink()
    (tmp_path / "Pulumi.dev.yaml").mkdir()
    with pytest.raises(StackConfigError, match=r"Pulumi\.dev\.yaml cannot be read: Is a directory"):
        read(tmp_path, "dev")


def test_a_project_without_a_name_is_refused(tmp_path: Path) -> None:
    stack_of(tmp_path, "")
    (tmp_path / "Pulumi.yaml").write_text("config: {}")
    with pytest.raises(StackConfigError, match="does not name the project"):
        read(tmp_path, "dev")


SCALARS = st.sampled_from(
    ["a", "1", "2026-01-01", "1e400", ".nan", "~", "yes", "'q'", "!!binary x", "*x", "&x y", "\t"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(inner, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"? {key} : {value}" for key, value in pairs) + "}"
        ),
        inner.map(lambda value: f"&x {value}"),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=60), VALUES.map(lambda value: f"config: {{genaiplatform:a: {value}}}".encode())
    )
)
def test_whatever_the_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Pulumi.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "Pulumi.dev.yaml").write_bytes(content)
    try:
        values = read(folder, "dev").values
    except StackConfigError:
        return
    assert all(isinstance(value, str) for value in values.values())


def test_a_misspelled_namespace_is_refused_and_another_package_is_not(tmp_path: Path) -> None:
    with pytest.raises(StackConfigError, match=r"did you mean genaiplatform:size\?"):
        stack_of(tmp_path, "config: {genaiplatfrom:size: team}")
    for key in ("datadog:apiUrl", "awsx:a", "azure:location"):
        assert stack_of(tmp_path, f"config: {{{key}: x}}").values[key] == "x"


def test_the_projects_own_stack_can_be_read() -> None:
    assert read(ROOT, "dev").values["genaiplatform:size"] == "day"
