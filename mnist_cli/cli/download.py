"""`mnist download`."""

from typing import Any

from mnist_cli.cli.common import blamed, pick, present
from mnist_cli.cli.options import argument, command


@command(
    """
Fetch the four MNIST files and the book's weights, each verified by its SHA-256.

NAME is train, test, weights or the name of a file; without it, all five. Files that are there
already are verified too, and replaced only if they are damaged. They are stored decompressed.

Options:
  --data-dir
  --mirror URL  Fetch from here instead of the built-in mirrors; may be given more than once.
  --from DIR    Copy the files from a folder or stick instead; no network is used.
  --force       Fetch also what is there and undamaged.
  --check       Only verify what is there; exit 1 if not all is well.
  --list        Only show what there is and where.
  --json --quiet
Rules:
  --mirror excludes --from
  --check excludes --list
  --check, --list excludes --mirror, --from, --force: it fetches nothing
Examples:
  mnist download
  mnist download weights train
  mnist download --list
  mnist download --check --json
""",
    argument("names", nargs=-1, metavar="[NAME]..."),
    mirror={"multiple": True},
)
def download(names: tuple[str, ...], **given: Any) -> None:
    """Fetch, verify or list the files."""
    from mnist_cli.downloads import catalogue, downloader
    from mnist_cli.paths import data_directory
    from mnist_cli.render.views import download as view
    from mnist_cli.render.views import downloadable

    mirrors, source_dir, data_dir = given["mirror"], given["from"], given["data_dir"]
    with blamed(ValueError, "NAME"):
        files = catalogue.select(names)
    with blamed(ValueError, "--mirror"):
        for url in mirrors:
            catalogue.check_mirror(url)
    if given["check"] or given["list"]:
        outcomes = downloader.check(files, data_dir=data_dir)
    else:
        named = pick(given, "data_dir", "force") | {"mirrors": mirrors, "source_dir": source_dir}
        with view.watching(given["quiet"]) as told:
            outcomes = downloader.download(files, **told, **named)
    folder = data_directory(data_dir)
    if given["list"]:
        present(given, downloadable, files, outcomes, folder)
        return
    failure = downloader.failure(outcomes, source_dir)
    going_on = "" if failure or given["check"] else view.next_command(files, data_dir)
    present(given, view, outcomes, folder, going_on)
    if failure is not None:
        raise failure
