"""`genai schema` as it is typed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from ops.commands.schema import schema
from ops.typer_command import GenaiCommand
from tests.ops.forward.eks import eks as eks
from tests.ops.forward.stand_in import program
from tests.ops.preflight.stand_in import Server
from tests.ops.schema import given
from tests.ops.schema.cluster import LITELLM, PASSWORD, Cluster, cluster, write

app = typer.Typer(rich_markup_mode=None)
app.command(cls=GenaiCommand)(schema)
OUTPUTS = {"clusterName": "genai-dev-abc1234"}


@pytest.fixture
def pods(eks: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The programs of a user who is logged in to a day, and nothing else on PATH."""
    with given.postgresql() as server:
        made = cluster(tmp_path / "bin", server)
        program(made.folder / "pulumi", f"print({json.dumps(OUTPUTS)!r})")
        program(made.folder / "aws", "")
        monkeypatch.setenv("PATH", str(made.folder))
        yield made


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def data(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_pages_of_a_running_stack_are_written_and_true_until_something_changes(
    pods: Cluster, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    written = run("--to", pages)
    assert (written.exit_code, written.stdout) == (
        0,
        f"9 pages in {pages}: litellm 0.4.110, langfuse 4.66.0, clickhouse 4.66.0.\n",
    )
    assert "is named in ops/schema/hints.yaml" in written.stderr
    assert "| spend | double precision | | 0.0 |" in (pages / "litellm.md").read_text(encoding="utf-8")
    assert "| trace_id | String | | |" in (pages / "clickhouse.md").read_text(encoding="utf-8")
    assert "these pages are those" not in (pages / "README.md").read_text(encoding="utf-8").lower()
    before = {page: page.read_text(encoding="utf-8") for page in pages.iterdir()}

    true = run("--to", pages, "--check")
    assert (true.exit_code, true.stderr) == (0, "")

    write(pods.folder / "site" / "litellm_proxy_extras" / "schema.prisma", LITELLM.replace("spend ", "cost "))
    with given.connect(pods.server, "langfuse") as connection:
        connection.execute("ALTER TABLE projects ADD more text")
    changed = run("--to", pages, "--check", "--json")
    assert changed.exit_code == 1
    assert data(changed) == {
        "versions": {"litellm": "0.4.110", "langfuse": "4.66.0", "clickhouse": "4.66.0"},
        "before": {"litellm": "0.4.110", "langfuse": "4.66.0", "clickhouse": "4.66.0"},
        "differences": [
            "litellm: + LiteLLM_VerificationToken.cost double precision NOT NULL default 0.0",
            "litellm: - LiteLLM_VerificationToken.spend",
        ],
        "drift": [
            "litellm: - LiteLLM_VerificationToken.cost",
            "litellm: + LiteLLM_VerificationToken.spend double precision NOT NULL",
            "langfuse: + projects.more text NULL",
        ],
    }
    assert changed.stderr.count("The running database is not what its version describes: ") == 3
    assert {page: page.read_text(encoding="utf-8") for page in pages.iterdir()} == before


def test_no_password_is_on_a_command_line_or_in_a_page_and_the_kubeconfig_is_ones_own(
    pods: Cluster, tmp_path: Path
) -> None:
    result = run("--to", tmp_path / "pages", "--json")
    assert result.exit_code == 0
    said = result.output + json.dumps(pods.runs) + "".join(page.read_text() for page in (tmp_path / "pages").iterdir())
    assert PASSWORD not in said
    assert {run["mode"] for run in pods.runs} == {"0o600"}
    assert not any(Path(run["arguments"][1]).exists() for run in pods.runs)


@pytest.mark.parametrize(
    ("workload", "values", "message"),
    [
        ("deployment/litellm", {"refuses": "Error from server (NotFound): deployments.apps not found"}, "not found"),
        (
            "deployment/langfuse-web",
            {"refuses": "error: unable to upgrade connection"},
            "kubectl exec deployment/langfuse-web: unable to upgrade connection",
        ),
        ("statefulset/clickhouse", {"path": "/nowhere"}, "clickhouse-client"),
        ("deployment/langfuse-web", {"environment": {}}, "The pod of langfuse-web has no DATABASE_HOST"),
        ("deployment/litellm", {"environment": {}}, "litellm_proxy_extras is not installed in LiteLLM's pod"),
    ],
)
def test_a_pod_that_cannot_be_asked_ends_it_with_its_reason(
    workload: str, values: dict[str, Any], message: str, pods: Cluster, tmp_path: Path
) -> None:
    pods.change(workload, **values)
    result = run("--to", tmp_path / "pages")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert not (tmp_path / "pages").exists()


def test_a_pod_without_its_database_ends_it_with_the_last_word_of_postgresql(pods: Cluster, tmp_path: Path) -> None:
    with given.connect(pods.server) as connection:
        connection.execute("DROP DATABASE langfuse")
    result = run("--to", tmp_path / "pages", "--check")
    assert (result.exit_code, "has no pages" in result.stderr) == (2, True)
    result = run("--to", tmp_path / "pages")
    assert result.exit_code == 2
    assert 'database "langfuse" does not exist' in result.stderr
    assert PASSWORD not in result.output


@pytest.mark.parametrize("missing", ["kubectl", "aws", "pulumi"])
def test_a_missing_program_is_named(missing: str, pods: Cluster, tmp_path: Path) -> None:
    (pods.folder / missing).unlink()
    result = run("--to", tmp_path / "pages")
    assert result.exit_code == 2
    assert f"There is no `{missing}` on PATH" in result.stderr


def wheel(folder: Path, schema: str = LITELLM, version: str = "0.4.111") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"litellm_proxy_extras-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("litellm_proxy_extras/schema.prisma", schema)
        archive.writestr(
            f"litellm_proxy_extras-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nVersion: {version}\n"
        )
    return file


def test_a_wheel_needs_no_stack_and_what_is_not_named_keeps_its_page(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    assert run("--litellm", wheel(tmp_path), "--to", pages).exit_code == 0
    assert {page.name for page in pages.iterdir()} == {
        "README.md",
        "litellm.md",
        "who-spent-what.md",
        "which-key-may-use-which-model.md",
        "why-a-user-has-many-keys.md",
    }
    (pages / "langfuse.md").write_text((given.PAGES / "langfuse.md").read_text(encoding="utf-8"), encoding="utf-8")
    assert run("--litellm", wheel(tmp_path), "--to", pages).exit_code == 0
    assert (pages / "langfuse.md").read_text() == (given.PAGES / "langfuse.md").read_text()
    assert "Langfuse 4.16.0" in (pages / "README.md").read_text()


def test_an_upgrade_is_told_without_writing(tmp_path: Path) -> None:
    old, new = (
        tmp_path / "old",
        wheel(tmp_path, LITELLM.replace("user_id String?", "user_id String?\n team_id String?"), "0.5.0"),
    )
    assert run("--litellm", wheel(tmp_path), "--to", old).exit_code == 0
    result = run("--litellm", new, "--diff", old, "--to", tmp_path / "new")
    assert (result.exit_code, result.stdout) == (
        0,
        f"""litellm: + LiteLLM_VerificationToken.team_id text NULL
1 difference between {old} and litellm 0.5.0.
""",
    )
    assert not (tmp_path / "new").exists()
    assert run("--litellm", new, "--check", "--to", old).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--litellm", "empty"], "neither a wheel of litellm-proxy-extras nor a folder with one installed"),
        (["--litellm", "page.md"], "neither a wheel of litellm-proxy-extras nor a folder with one installed"),
        (["--litellm", "other.whl"], "neither a wheel of litellm-proxy-extras nor a folder with one installed"),
        (["--litellm", "broken.whl"], "Model A: `id` is no field"),
        (["--litellm", "nowhere"], "does not exist"),
        (["--langfuse", "empty"], "this is no source of Langfuse"),
        (["--langfuse", "halved"], "there are no migrations"),
        (["--diff", "empty"], "has no pages that `genai schema` wrote"),
        (["--check", "--diff", "empty"], "name one"),
        (["--check", "--to", "empty"], "has no pages that `genai schema` wrote"),
        (["--stack", "nowhere"], "nowhere"),
        (["--litellm", "good.whl", "--to", "page.md"], "is a file"),
        (["--litellm", "good.whl", "--to", "page.md/below"], "page.md/below cannot be written (Not a directory)"),
        (["--litellm", "good.whl", "--diff", "binary"], "has no line `Version: ...`"),
        (["--litellm", "good.whl", "--diff", "cut"], "table LiteLLM_UserTable has no columns"),
        (["--litellm", "good.whl", "--diff", "enums"], "`JobStatus` is no enumerated type"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "page.md").write_text("# A page\n")
    with zipfile.ZipFile("other.whl", "w") as archive:
        archive.writestr("other-1.dist-info/METADATA", "")
    wheel(tmp_path, "model A {\n  id\n}\n").rename("broken.whl")
    wheel(tmp_path).rename("good.whl")
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / "litellm.md").write_bytes(b"\xff\x00\n")
    write(tmp_path / "cut" / "litellm.md", "Version: 1\n\n### LiteLLM_UserTable")
    write(tmp_path / "enums" / "litellm.md", "Version: 1\n\n## Enumerated types\n\n| type |\n|---|\n| JobStatus |\n")
    write(tmp_path / "halved" / "web" / "package.json", '{"version": "4.66.0"}')
    write(tmp_path / "halved" / "packages" / "shared" / "prisma" / "schema.prisma", LITELLM)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", "").split())
    assert "Traceback" not in result.output
