"""The command line: `citespan ask "…"` and its siblings.

Exit codes: 0 if the command succeeded (an abstention is an ordinary answer), 1 if it failed or
found a problem, 2 if the usage, the configuration or the data folder is invalid.
"""

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from citespan.evals import evaluate
from citespan.index.errors import InvalidFilter, StoreError
from citespan.keys import keys
from citespan.qa import Settings, load_settings
from citespan.qa.errors import QAError
from citespan.qa.terminal import json_flag, print_json, say, tell
from citespan.qa.terminal.commands import (
    backup,
    collections,
    delete,
    export,
    here,
    import_documents,
    ingest,
    list_documents,
    migrate,
    purge,
    restore,
    revisions,
    sync,
)
from citespan.reindexing import reindex
from citespan.serving import serve
from citespan.status import status

if TYPE_CHECKING:
    from citespan.index import Filter

_filter_option = click.option(
    "--filter",
    "filter_json",
    metavar="JSON",
    help='Search only documents that match this filter, such as {"year": {"$gte": 2020}}.',
)
_mode_option = click.option(
    "--mode",
    type=click.Choice(["extractive", "generated"]),
    help="Answer with quotes, or let the language model of the settings write the answer.",
)


_SECTIONS = {
    "Ask": ("ask", "search", "chat"),
    "Documents": ("ingest", "sync", "list", "revisions", "delete", "purge", "export", "import"),
    "Serve": ("serve", "status", "mcp", "keys"),
    "Maintain": ("collections", "reindex", "backup", "restore", "migrate", "doctor"),
    "Measure": ("eval",),
}
_NAME_WIDTH, _HELP_WIDTH = 11, 64  # the longest command's name, so that the sections line up


class _Group(click.Group):
    """A group that lists its commands by section and prints an error as one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in _SECTIONS.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(section):
                formatter.write_dl(
                    [
                        (name.ljust(_NAME_WIDTH), command.get_short_help_str(_HELP_WIDTH))
                        for name, command in found
                        if command
                    ]
                )

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (StoreError, QAError) as error:
            say(f"citespan: {error}")
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # the reader closed the pipe; click handles it
            say(f"citespan: {error.strerror or error}")
        except UnicodeEncodeError as error:
            click.echo(f"citespan: the output cannot be written as {error.encoding}", err=True)
        return ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="FOLDER", help="Data folder to use [default: the user's own].")
@click.option(
    "--config", type=click.Path(dir_okay=False, path_type=Path), help="Settings file (TOML)."
)
@click.option("--collection", metavar="NAME", help="Collection to use [default: default].")
@click.version_option(package_name="citespan")
@click.pass_context
def cli(ctx: click.Context, data: str | None, config: Path | None, collection: str | None) -> None:
    """Ask your documents; every sentence of an answer cites the characters that support it."""
    given = {"path": data, "collection": collection}
    flags = {"data": {key: value for key, value in given.items() if value is not None}}
    ctx.obj = load_settings(config, flags=flags)


@cli.command()
@click.argument("question", nargs=-1, required=True)
@_filter_option
@_mode_option
@json_flag
@click.pass_obj
def ask(
    settings: Settings,
    question: tuple[str, ...],
    filter_json: str | None,
    mode: str | None,
    *,
    as_json: bool,
) -> None:
    """Answer QUESTION from the documents, with numbered sources."""
    from citespan.qa.composition import open_for_questions
    from citespan.qa.types import Mode

    chosen = _filter(filter_json)
    with open_for_questions(here(settings), say=say) as service:
        answer = service.ask(" ".join(question), mode=Mode(mode) if mode else None, filters=chosen)
    if as_json:
        from citespan.api.wire import answer_body

        print_json(answer_body(answer, collection=settings.data.collection))
        return
    from citespan.qa.terminal import print_answer

    print_answer(answer)


@cli.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "-k", "--top-k", default=5, show_default=True, help="Maximum number of passages to show."
)
@_filter_option
@json_flag
@click.pass_obj
def search(
    settings: Settings,
    query: tuple[str, ...],
    top_k: int,
    filter_json: str | None,
    *,
    as_json: bool,
) -> None:
    """Show the passages that match QUERY, without an answer."""
    from citespan.qa.composition import open_for_questions

    chosen = _filter(filter_json)
    with open_for_questions(here(settings), say=say) as service:
        passages = service.search(" ".join(query), top_k=top_k, filters=chosen)
    if as_json:
        from citespan.api.wire import passage_body

        bodies = [passage_body(passage, settings.data.collection) for passage in passages]
        print_json({"passages": bodies})
        return
    from citespan.qa.terminal import print_passages

    print_passages(passages)


@cli.command()
@_mode_option
@click.pass_obj
def chat(settings: Settings, mode: str | None) -> None:
    """Talk about the documents, with follow-up questions.

    Type one question per line. Every sentence of an answer has the number of its source.
    /open 1 shows the first source in its document, and /help lists all commands. Other programs
    can send lines, too.
    """
    from citespan.qa.composition import open_for_questions
    from citespan.qa.terminal import Chat, typed
    from citespan.qa.types import Mode

    typing = sys.stdin.isatty()
    with open_for_questions(here(settings), say=say) as service:
        conversation = Chat(service, Mode(mode) if mode else None)
        if typing:
            service.warm()
            click.echo("Ask about the documents; /help lists the commands.", err=True)
            conversation.run(typed("> "))
        else:
            conversation.run(line.decode(errors="replace") for line in sys.stdin.buffer)


@cli.command()
@click.pass_obj
def mcp(settings: Settings) -> None:
    """Give language models tools to search, fetch and ask (MCP).

    The tools work over standard input and output. Programs with a language model start this command
    themselves (Model Context Protocol): add it to their configuration. The command only reads, so
    it can run next to a server. The server has the same tools at /mcp.
    """
    import anyio

    from citespan.api import serve_stdio
    from citespan.api.middleware import configure_logging
    from citespan.qa.composition import open_for_questions

    configure_logging()
    with open_for_questions(here(settings), say=say) as service:
        anyio.run(serve_stdio, service, settings.serve.public_url)


@cli.command()
@json_flag
@click.pass_obj
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Check settings, models and data, and repair derived files."""
    from citespan.qa import examine

    report = examine(settings, say=say)
    if as_json:
        print_json(report)
    else:
        for name, value in report.facts.items():
            tell(f"{name}: {value}")
        for line in report.repaired:
            tell(f"repaired: {line}", colour="yellow")
        for line in report.problems:
            tell(f"problem: {line}", colour="red")
        if not report.problems:
            click.secho("all is well", fg="green")
    if report.problems:
        sys.exit(1)


for _command in (
    ingest,
    sync,
    list_documents,
    revisions,
    delete,
    purge,
    export,
    import_documents,
    backup,
    restore,
    migrate,
    collections,
    evaluate,
    reindex,
    serve,
    keys,
    status,
):
    cli.add_command(_command)


def _filter(text: str | None) -> "Filter | None":
    if text is None:
        return None
    import msgspec

    from citespan.index import parse_filter

    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidFilter("", f"is not JSON: {error}") from error
    return parse_filter(given)


def main() -> None:
    """Run the command line."""
    cli()
