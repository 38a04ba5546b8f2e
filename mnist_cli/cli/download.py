"""`mnist download`."""

from typing import Any

from mnist_cli.cli.common import blamed
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
  --json
  -q --quiet    Print nothing but errors.
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
    from mnist_cli.downloads import downloader as library
    from mnist_cli.downloads.catalogue import check_mirror, select
    from mnist_cli.files.tables import print_json
    from mnist_cli.paths import data_directory
    from mnist_cli.render.text import show
    from mnist_cli.render.views import download as render

    mirrors, source_dir, data_dir = given["mirror"], given["from"], given["data_dir"]
    with blamed(ValueError, "NAME"):
        files = select(names)
    with blamed(ValueError, "--mirror"):
        for url in mirrors:
            check_mirror(url)
    if given["check"] or given["list"]:
        outcomes = library.check(files, data_dir=data_dir)
    else:
        with render.watching(given["quiet"]) as reporter:
            outcomes = library.download(
                files,
                data_dir=data_dir,
                mirrors=mirrors,
                source_dir=source_dir,
                force=given["force"],
                reporter=reporter,
            )
    failure = None if given["list"] else library.failure(outcomes, source_dir)
    if given["json"]:
        print_json(render.list_as_json(files, outcomes) if given["list"] else outcomes)
    elif given["list"]:
        show(render.list_lines(files, outcomes, data_directory(data_dir)))
    elif not given["quiet"]:
        show(render.lines(outcomes, data_directory(data_dir)))
        if failure is None and not given["check"]:
            show(render.next_step(files, data_dir))
    if failure is not None:
        raise failure
