"""The command line: parse, call one library function, hand its result to `render`.

Every exception becomes an exit code here: 0 done, 1 bad input or environment, 2 wrong usage,
130 Ctrl-C.
"""

import os
import sys

import click

from mnist_cli import __version__
from mnist_cli.cli.download import download
from mnist_cli.cli.evaluate import evaluate
from mnist_cli.cli.inspect import inspect
from mnist_cli.cli.predict import predict
from mnist_cli.cli.train import train
from mnist_cli.errors import MnistError, printable
from mnist_cli.render.text import ReaderGone

INTERRUPTED = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="""\b
Examples:
  mnist eval --batch-size 100
  mnist inspect weights.pkl
  mnist predict --index 42

Every command prints JSON with --json. 'mnist COMMAND --help' has more examples.""",
)
@click.version_option(__version__, prog_name="mnist-cli", message="%(prog)s %(version)s")
def cli() -> None:
    """Run, inspect and train the 784-50-100-10 MNIST net of Deep Learning from Scratch."""


for command in (inspect, predict, evaluate, download, train):
    cli.add_command(command)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing escapes as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # rather '\\u2588' than a crash
    try:
        code = cli.main(arguments, prog_name="mnist", standalone_mode=False)
    except click.UsageError as error:
        _say_usage(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except (MnistError, click.ClickException) as error:
        return _fail(str(error))
    except ReaderGone:
        return 0
    except MemoryError:
        return _fail("not enough memory for this; try smaller files or batches.")
    except Exception as error:
        return _fail_unexpectedly(error)
    return code if isinstance(code, int) else 0


def _say_usage(error: click.UsageError) -> None:
    if error.ctx is not None:
        click.echo(error.ctx.get_usage(), err=True)
        click.echo(f"Try '{error.ctx.command_path} --help' for help.\n", err=True)
    message = " ".join(error.format_message().split())
    click.echo(f"Error: {printable(message, limit=400)}", err=True)


def _fail(message: str) -> int:
    print(f"Error: {message}", file=sys.stderr)
    return 1


def _fail_unexpectedly(error: Exception) -> int:
    if os.environ.get("MNIST_DEBUG"):
        raise error
    what = printable(f"{type(error).__name__}: {error}", limit=200)
    return _fail(f"a bug in mnist-cli: {what}. Run again with MNIST_DEBUG=1 to see where.")
