"""`python -m citespan.evals.training DATA_FOLDER WORK_FOLDER`: every step, or those named.

Exit codes: 0 done, 1 stopped before its end (run it again to continue), 2 an input cannot be used.
"""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click
import msgspec

from citespan.evals.training.config import Config, load_config
from citespan.evals.training.errors import TrainingError
from citespan.index.errors import StoreError

_STEPS = ("prepare", "teach", "train", "rank", "export", "calibrate", "decide", "card")
_folder = click.Path(file_okay=False, path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=_folder)
@click.argument("work", type=_folder)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read the configuration from this TOML file.",
)
@click.option(
    "--step",
    "steps",
    type=click.Choice(_STEPS),
    multiple=True,
    help="Run only this step; repeatable.",
)
@click.option(
    "--start", type=click.Choice(["minilm", "ce", "shipped"]), help="Start from these weights."
)
@click.option(
    "--weights", default="", help="Continue from this model.safetensors of an earlier round."
)
@click.option(
    "--minutes", type=float, help="Stop training after this many minutes, at a checkpoint."
)
def main(
    data: Path,
    work: Path,
    config: Path | None,
    steps: tuple[str, ...],
    start: str | None,
    weights: str,
    minutes: float | None,
) -> None:
    """Train the evidence model on DATA, storing all results in WORK.

    If the command is run again after any stop, it continues from there. A single interrupt (Ctrl-C,
    or a TERM signal) stops the training at a checkpoint.
    """
    try:
        done = run(
            data, work, _begun(load_config(config), start, weights), steps or _STEPS, minutes
        )
    except (TrainingError, StoreError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if not done:
        raise SystemExit(1)


def run(
    data: Path, work: Path, config: Config, steps: tuple[str, ...], minutes: float | None
) -> bool:
    """Run the steps in their order; return whether all were completed."""
    from citespan.evals.training.steps import Work  # imports torch, which --help does not need

    run_of = Work(data, work, config, lambda line: click.echo(line, err=True))
    for step in [step for step in _STEPS if step in steps]:
        click.echo(f"== {step}", err=True)
        if step == "train":
            if not run_of.train(_stopping(minutes)):
                return False
        else:
            getattr(run_of, step)()
    return True


def _stopping(minutes: float | None) -> Callable[[], bool]:
    asked = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    until = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
    return lambda: asked.is_set() or time.monotonic() > until


def _begun(config: Config, start: str | None, weights: str) -> Config:
    model = config.model
    model = msgspec.structs.replace(
        model, start=start or model.start, weights=weights or model.weights
    )
    return msgspec.structs.replace(config, model=model)


if __name__ == "__main__":
    main()
