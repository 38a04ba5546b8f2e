"""The console script ``mnist``, and ``python -m mnist_cli``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it still loads, or has ended, ends as quietly."""
    try:
        from mnist_cli.cli import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
