"""Pulumi stacks from answers: judge them, make the stacks, encrypt the keys, and put the files in place."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from ops.commands.add_model.entry import as_settings
from ops.commands.init import questions, stack_file
from ops.commands.init.answers import Answers, AnswersError
from ops.commands.pulumi_cli import CliError, PulumiCli, encryption, needs_passphrase
from ops.commands.terminal import ask_passphrase, has_terminal
from ops.project import PROJECT
from ops.stack.draft import PROVIDER_KEYS, Draft, put_in_place
from stacks.errors import GenaiError, SettingsError


def set_up(root: Path, answers: Answers, *, ask: bool, overwrite: bool) -> list[str]:
    """Write the file of each stack; its names. `ask` on the terminal for what the answers do not say.

    Whatever goes wrong, or is interrupted, leaves files and backend as they were. The errors of `Draft` and `PulumiCli`
    pass through; AnswersError says what else is wrong.
    """
    with tempfile.TemporaryDirectory() as folder:
        setting_up = _SettingUp(root, Path(folder), answers)
        if ask:
            setting_up.ask(overwrite=overwrite)
        elif problem := setting_up.problem(answers):
            raise AnswersError(problem)
        return setting_up.write(ask=ask, overwrite=overwrite)


class _SettingUp:
    def __init__(self, root: Path, folder: Path, answers: Answers) -> None:
        self.root, self.folder, self.answers = root, folder, answers
        self.explained = stack_file.descriptions(root)
        self.cli = PulumiCli(folder)
        self.organization = "organization"

    def drafts(self, answers: Answers) -> list[Draft]:
        """Each stack's file as it would be now."""
        made = []
        for stack, (kind, values) in answers.settings(self.organization).items():
            draft = Draft(self.root, self.folder, stack)
            kept = encryption(draft.target)
            draft.file.write_text(stack_file.text(kind.title, values, self.explained, kept), encoding="utf-8")
            made.append(draft)
        return made

    def problem(self, answers: Answers) -> str:
        """What the program would refuse, in its words; empty when it takes them."""
        judged = answers.stack
        try:
            for draft in self.drafts(answers):
                judged = draft.stack
                draft.settings(answers.provider_keys if draft.stack == answers.stack else {})
        except GenaiError as error:
            return answers.in_words_of_questions(str(error), judged)
        return ""

    def default_models(self) -> list[dict[str, Any]]:
        """Those that the region has without a key."""
        without = {key: value for key, value in self.answers.aws.items() if key != f"{PROJECT}:models"}
        for aws in (without, self.answers.aws):
            with suppress(SettingsError):
                (draft,) = self.drafts(Answers(stack=self.answers.stack, aws=dict(aws)))
                return as_settings(draft.settings({}))
        return []

    def ask(self, *, overwrite: bool) -> None:
        if not has_terminal():
            raise AnswersError("There is no terminal to ask on: give a file with --answers (docs/operations.md).")
        if problem := self.problem(self.answers):  # of the name
            raise AnswersError(problem)
        typer.echo("Ctrl-C ends this and leaves everything as it was. Enter takes what stands in brackets.")
        self._may_replace(self.answers.stack, overwrite=overwrite)
        self._ask_state()
        questions.ask(self.answers, self.explained, self.problem, self.default_models)
        if self.answers.azure is not None:
            self._may_replace(self.answers.azure_stack, overwrite=overwrite)

    def _may_replace(self, stack: str, *, overwrite: bool) -> None:
        file = self.root / f"Pulumi.{stack}.yaml"
        if file.exists() and not overwrite and not typer.confirm(f"{file.name} exists. Replace it?", default=False):
            raise AnswersError(f"{file.name} stays as it is. For another stack: `genai init -s dev-anna`")

    def _ask_state(self) -> None:
        typer.echo(
            "\nWhere the state lives. It knows what exists, so it must be there in the evening: file://~ is this "
            "machine, s3://BUCKET?region=us-east-1 a bucket, https://api.pulumi.com Pulumi Cloud."
        )
        try:
            now = self.cli.backend()[0]
        except CliError:
            now = "file://~"
        while True:
            self.answers.state = typer.prompt("state", default=now).strip()
            try:
                self._log_in(ask=True)
            except (CliError, AnswersError) as error:
                typer.echo(error)
            else:
                return

    def _log_in(self, *, ask: bool) -> str:
        """Be logged in where the state is to live; its URL."""
        wanted = self.answers.state
        try:
            url, user = self.cli.backend()
        except CliError as error:
            if not wanted:
                raise AnswersError(f"state is not answered, and Pulumi is logged in nowhere: {error}") from error
            url = user = ""
        if wanted not in ("", url):
            if fixed := os.environ.get("PULUMI_BACKEND_URL"):
                raise AnswersError(
                    f"state is {wanted}, but PULUMI_BACKEND_URL is {fixed} and wins: unset it, or say that."
                )
            self.cli.login(wanted, ask=ask)
            url, user = self.cli.backend()
        self.organization = user if url.startswith("http") else "organization"
        return url

    def write(self, *, ask: bool, overwrite: bool) -> list[str]:
        files = [self.root / f"Pulumi.{stack}.yaml" for stack in self.answers.settings("")]
        for file in files:
            if file.exists() and not (ask or overwrite):
                raise AnswersError(
                    f"{file.name} exists: name another stack with --stack, or replace it with --overwrite."
                )
        if needs_passphrase(self._log_in(ask=ask), files):
            if not has_terminal():
                raise AnswersError(
                    "Set PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE): it encrypts secrets."
                )
            self.cli.passphrase = ask_passphrase(new=True)
        drafts, made = self.drafts(self.answers), list[str]()
        try:
            for draft in drafts:
                made += [draft.stack] if self.cli.make_stack(draft.stack) else []
            for name, value in self.answers.provider_keys.items():
                self.cli.set_secret(self.answers.stack, f"{PROVIDER_KEYS.partition(':')[2]}.{name}", value)
            put_in_place(drafts)
        except BaseException:
            for stack in reversed(made):
                with suppress(CliError):
                    self.cli.remove_stack(stack)
            raise
        for draft in drafts:
            typer.echo(f"Written: {draft.target.name}")
        return [draft.stack for draft in drafts]
