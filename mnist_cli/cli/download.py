"""`mnist download`."""

from typing import Any

import click

from mnist_cli.cli.common import data_dir_option, examples, json_option


@click.command(
    epilog=examples(
        "mnist download",
        "mnist download weights train",
        "mnist download --list",
        "mnist download --check --json",
    )
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@data_dir_option
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="URL",
    help="Fetch from here instead of the built-in mirrors; may be given more than once.",
)
@click.option(
    "--from",
    "source_dir",
    metavar="DIR",
    help="Copy the files from a folder or stick instead; no network is used.",
)
@click.option("--force", is_flag=True, help="Fetch also what is there and undamaged.")
@click.option("--check", is_flag=True, help="Only verify what is there; exit 1 if not all is well.")
@click.option("--list", "only_list", is_flag=True, help="Only show what there is and where.")
@json_option
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def download(
    names: tuple[str, ...],
    data_dir: str | None,
    check: bool,
    only_list: bool,
    as_json: bool,
    quiet: bool,
    **how: Any,
) -> None:
    """Fetch the four MNIST files and the book's weights, each verified by its SHA-256.

    NAME is train, test, weights or the name of a file; without it, all five. Files that are there
    already are verified too, and replaced only if they are damaged. They are stored decompressed.
    """
    from mnist_cli.downloads import downloader as library
    from mnist_cli.downloads.addresses import check_mirror
    from mnist_cli.downloads.catalogue import select
    from mnist_cli.paths import data_directory
    from mnist_cli.render.text import show, show_json
    from mnist_cli.render.views import download as render

    _refuse_contradictions(check, only_list, **how)
    parameter = "'NAME'"
    try:
        files = select(names)
        parameter = "'--mirror'"
        for url in how["mirrors"]:
            check_mirror(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=parameter) from None

    if check or only_list:
        outcomes = library.check(files, data_dir=data_dir)
    else:
        with render.watching(quiet) as reporter:
            outcomes = library.download(files, data_dir=data_dir, reporter=reporter, **how)
    failure = None if only_list else library.failure(outcomes)
    if as_json:
        show_json(render.list_as_json(files, outcomes) if only_list else render.as_json(outcomes))
    elif only_list:
        show(render.list_lines(files, outcomes, data_directory(data_dir)))
    elif not quiet:
        show(render.lines(outcomes, data_directory(data_dir)))
        if failure is None and not check:
            show(render.next_step(files, data_dir))
    if failure is not None:
        raise failure


def _refuse_contradictions(
    check: bool, only_list: bool, mirrors: tuple[str, ...], source_dir: str | None, force: bool
) -> None:
    if mirrors and source_dir:
        raise click.UsageError("--mirror and --from contradict each other: give one of them.")
    if check and only_list:
        raise click.UsageError("--check and --list contradict each other: give one of them.")
    if (check or only_list) and (mirrors or source_dir or force):
        raise click.UsageError("--check and --list fetch nothing: leave out the other options.")
