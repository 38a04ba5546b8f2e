"""The command line: parse, call one library function, hand its result to `render`.

The exit code is 0 done, 1 bad input or environment, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM.
"""

import errno
import os
import signal
import sys

import click

from mnist_cli.cli.streams import ended_by_signals, guarded_streams
from mnist_cli.cli.usage import Commands, put_in_one_line
from mnist_cli.errors import MnistError, TakenError, printable
from mnist_cli.spec import __version__

# Why the system refuses processes, memory and open files.
_REFUSALS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)

COMPLETION = "_MNIST_COMPLETE"
_NOT_A_SHELL = (
    f"the variable {COMPLETION} is set, and not as a shell's completion sets it. "
    "Unset it, or see docs/completion.md."
)

# What people need first comes first: each command, its module here, and what it does.
_COMMANDS = {
    "predict": ("predict", "Say which digit an image or a photo shows."),
    "eval": ("evaluate", "Accuracy and speed: per sample against batched."),
    "inspect": ("inspect", "Show the shapes and parameters of a weights file."),
    "draw": ("draw", "Draw a digit in the browser and watch the net think."),
    "collect": ("collect", "Make a data set of your own digits."),
    "train": ("train", "Train this net, or another, in NumPy."),
    "convert": ("convert", "Write a weights file in another format."),
    "download": ("download", "Fetch the MNIST files and the book's weights."),
}


@click.group(
    cls=Commands,
    modules=_COMMANDS,
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


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing escapes as a traceback."""
    arguments = sys.argv[1:] if arguments is None else arguments
    with guarded_streams(), ended_by_signals() as ended_by:
        try:
            code = cli.main(arguments or ["--help"], prog_name="mnist", standalone_mode=False)
            return code if isinstance(code, int) else 0
        except SystemExit as error:  # this is how click ends a completion
            return _fail(_NOT_A_SHELL) if error.code else 0
        except (Exception, KeyboardInterrupt) as error:
            # Where a signal came it is that: NumPy, while it is loaded, calls it an ImportError.
            if not ended_by and not isinstance(error, (KeyboardInterrupt, click.Abort)):
                return _report(error)
            number = ended_by[-1] if ended_by else signal.SIGINT
            print("Interrupted." if number == signal.SIGINT else "Terminated.", file=sys.stderr)
            return 128 + number


def _report(error: Exception) -> int:
    if isinstance(error, click.UsageError):
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
            click.echo(f"Try '{error.ctx.command_path} --help' for help.\n", err=True)
        click.echo(f"Error: {put_in_one_line(error)}", err=True)
        return error.exit_code
    if isinstance(error, TakenError) and "--force" not in error.hint:
        error.hint = "Use --force to replace it."  # where Python has overwrite=True
    if isinstance(error, (MnistError, click.ClickException)):
        return _fail(str(error))
    if isinstance(error, MemoryError) or "failed to map segment" in str(error):
        return _fail("not enough memory for this; try smaller files or batches.")
    what = printable(str(error))
    if isinstance(error, ImportError):
        return _fail(f"a library cannot be loaded ({what}). Install mnist-cli again.")
    if COMPLETION in os.environ:
        return _fail(_NOT_A_SHELL)
    if getattr(error, "errno", None) in _REFUSALS or "start new thread" in str(error):
        return _fail(f"the system gives no more: {what}. Try --threads 1, or end other programs.")
    if os.environ.get("MNIST_DEBUG"):
        raise error
    what = printable(f"{type(error).__name__}: {error}", limit=200)
    return _fail(f"a bug in mnist-cli: {what}. Run again with MNIST_DEBUG=1 to see where.")


def _fail(message: str) -> int:
    print(f"Error: {message}", file=sys.stderr)
    return 1
