"""``di-advisor data``: how sources stand, what they give, what a file of theirs holds.

Problem: somebody with a network, or without one, wants to know in a minute which data can be had, and to
hold it in a file. Decision: five commands over the desk of sources, which is found through the registry;
progress and warnings go to the error stream, records to the output; a file is written whole, and only when
everything that was asked for came. Limits: keys come from the environment or the keyring, never from options.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from di_advisor.cli.data_outputs import refuse_other_suffix, write_records
from di_advisor.cli.data_questions import (
    Question,
    asked,
    context_of,
    questions_from_toml,
    questions_toml,
    text_of_file,
)
from di_advisor.cli.data_standing import standing
from di_advisor.cli.screen import Progress, Screen
from di_advisor.errors import IncompleteDataError, InputError, PluginError, SourceUnavailableError
from di_advisor.report.output_files import write_text

if TYPE_CHECKING:
    from di_advisor.domain.source_reports import Pulled
    from di_advisor.ports import SourceDesk

__all__ = ["check", "export", "parse", "pull", "replay", "smoke"]

_QUESTIONS: Final = "questions.toml"
_TOLD: Final = 10


def check(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show how the sources stand."""
    with _desk(folder=arguments.folder) as desk:
        _refuse_unknown(arguments.names, desk)
        found = desk.status(probe=not arguments.offline)
    wanted = [each for each in found if not arguments.names or each.name in arguments.names]
    screen.show(standing(wanted, probed=not arguments.offline, whole=bool(arguments.names)))


def pull(arguments: argparse.Namespace, screen: Screen) -> None:
    """Ask a source."""
    refuse_other_suffix(arguments.out)
    if arguments.cache_only and arguments.bundle is not None:
        raise InputError("--cache-only and --bundle exclude each other.", hint="Leave one out.")
    settings: dict[str, Any] = {"accept_fewer": arguments.accept_fewer, "partial": arguments.partial}
    if arguments.as_fetched is not None:
        settings["as_fetched"] = arguments.as_fetched
    query = asked(arguments)
    with (
        _desk(folder=arguments.folder, bundle=arguments.bundle, cache_only=arguments.cache_only) as desk,
        screen.noting_warnings(),
        Progress(screen) as progress,
    ):
        pulled = desk.pull(arguments.name, query, progress=progress.told, **settings)
    _deliver(pulled, arguments, screen, partial=arguments.partial)


def parse(arguments: argparse.Namespace, screen: Screen) -> None:
    """Show what a saved file contains."""
    refuse_other_suffix(arguments.out)
    context = context_of(arguments.option)
    if arguments.mapping is not None:
        context["mapping"] = text_of_file(arguments.mapping)
    with _desk() as desk, screen.noting_warnings():
        pulled = desk.parse_file(arguments.name, arguments.file, context)
    for told in pulled.warnings:
        screen.note(told)
    _deliver(pulled, arguments, screen)


def export(arguments: argparse.Namespace, screen: Screen) -> None:
    """Write answers into a bundle, with the questions that they answer."""
    if bool(arguments.name) == (arguments.questions is not None):
        raise InputError(
            "A bundle answers one question (NAME with its options) or a file of questions.",
            hint="Give NAME, or --questions FILE.",
        )
    questions: tuple[Question, ...]
    if arguments.questions is not None:
        if arguments.subject or arguments.subjects or arguments.option or arguments.start or arguments.as_of:
            raise InputError("The file of questions has subjects and days of its own.", hint="Leave the options out.")
        questions = questions_from_toml(text_of_file(arguments.questions), arguments.questions.name)
    else:
        questions = ((arguments.name, asked(arguments)),)
    with _desk(folder=arguments.folder, cache_only=arguments.cache_only) as desk, screen.noting_warnings():
        manifest = desk.export_bundle(arguments.folder_out, questions)
    write_text(arguments.folder_out, _QUESTIONS, questions_toml(questions))
    screen.show(f"{manifest.parent} answers {len(questions)} questions; carry the whole folder.")
    screen.note("Licences still count: a bundle is no right to hand data on.")


def replay(arguments: argparse.Namespace, screen: Screen) -> None:
    """Give what a bundle holds, checksums verified."""
    refuse_other_suffix(arguments.out)
    path = arguments.bundle / _QUESTIONS
    if not path.is_file():
        raise InputError(
            f"{path} is not there.",
            hint="Copy the whole folder that `data bundle export` wrote; another bundle is asked by "
            "`data pull NAME --bundle DIR`.",
        )
    questions = questions_from_toml(text_of_file(path), path.name)
    records: list[Pulled] = []
    with _desk(bundle=arguments.bundle) as desk, screen.noting_warnings(), Progress(screen) as progress:
        for name, query in questions:
            records.append(desk.pull(name, query, progress=progress.told))
    _deliver(_joined(records), arguments, screen)


def smoke(arguments: argparse.Namespace, screen: Screen) -> None:
    """Ask the live services, and write a dated report."""
    if not arguments.yes:
        raise InputError(
            "The live smoke test calls real services, with your keys and against your limits.",
            hint="Add --yes if that is wished; name sources to call only these.",
        )
    with _desk() as desk, screen.noting_warnings():
        _refuse_unknown(arguments.names, desk)
        results = desk.smoke(arguments.out, live=True, names=arguments.names or None)
    width = max((len(each.name) for each in results), default=0)
    for each in results:
        screen.show(f"{each.name:<{width}}  {each.outcome:<13}  {each.detail}")
    screen.show(f"The report of this day is in {arguments.out}.")
    wrong = [each.name for each in results if each.outcome not in {"answers", "not asked"}]
    if wrong:
        raise SourceUnavailableError(
            f"{len(wrong)} of {len(results)} did not answer as documented: {', '.join(wrong)}.",
            hint="The report says what each sent.",
        )


@contextmanager
def _desk(*, folder: Path | None = None, bundle: Path | None = None, cache_only: bool = False) -> Iterator[SourceDesk]:
    from di_advisor.registry import source_desk

    settings: dict[str, Any] = {"folder": folder, "bundle": bundle}
    if cache_only:
        settings["mode"] = "cache_only"
    with closing(source_desk(**settings)) as desk:
        yield desk


def _refuse_unknown(names: list[str], desk: SourceDesk) -> None:
    unknown = [each for each in names if each not in desk.names()]
    if unknown:
        raise PluginError(
            f"There is no source {', '.join(unknown)}.", hint=f"There is: {', '.join(desk.names()) or 'none'}."
        )


def _joined(pulled: list[Pulled]) -> Pulled:
    from di_advisor.domain.source_reports import Pulled

    return Pulled(
        tuple(record for each in pulled for record in each.records),
        tuple(body for each in pulled for body in each.received),
        tuple(told for each in pulled for told in each.warnings),
        tuple(told for each in pulled for told in each.missing),
    )


def _deliver(pulled: Pulled, arguments: argparse.Namespace, screen: Screen, *, partial: bool = False) -> None:
    """Show records, say what is missing, and write them, if nothing is missing or that is accepted."""
    from di_advisor.report.record_tables import record_tables
    from di_advisor.report.wording import count_of

    tables = record_tables(pulled.records)
    for table in tables:
        screen.show(table.to_text(arguments.rows))
        screen.show()
    # A file's mapping knows its provider and terms better than the answer as a whole.
    of_rows = [(row.get("provider"), row.get("licence")) for table in tables for row in table.rows]
    of_answers = [(each.provenance.provider, each.provenance.licence) for each in pulled.received]
    whose = dict.fromkeys(each for each in (of_rows or of_answers) if each[0])
    told = [f"{provider} ({licence})" for provider, licence in whose]
    sums = [each.provenance.raw_sha256[:12] for each in pulled.received]
    checksum = f", sha256 {sums[0]}..." if len(sums) == 1 else ""
    counted = f"{count_of(len(pulled.records), 'record')} in {count_of(len(sums), 'answer')}"
    screen.show(f"{counted}: {'; '.join(told)}{checksum}.")
    if pulled.oldest is not None:
        kind = "an older answer, because no new one came" if pulled.stale else "the oldest answer"
        screen.show(f"As of {pulled.oldest:%Y-%m-%d %H:%M} UTC ({kind}).")
    for each in pulled.missing[:_TOLD]:
        screen.note(f"Missing: {each}")
    if len(pulled.missing) > _TOLD:
        screen.note(f"Missing: and {len(pulled.missing) - _TOLD} more.")
    if arguments.out is None:
        return
    if pulled.missing and not partial:
        raise IncompleteDataError(
            f"{len(pulled.missing)} of what was asked for is missing, and {arguments.out} was not written.",
            hint="Leave those out of the question, or add --partial to write what came.",
        )
    for path in write_records(tables, arguments.out):
        screen.show(f"Written: {path}")
