"""Lets ``python -m mnist_cli`` stand in for ``mnist``."""

from mnist_cli.cli import main

if __name__ == "__main__":
    main()
