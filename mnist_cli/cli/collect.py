"""`mnist collect`."""

from functools import partial
from typing import Any

from mnist_cli.cli.common import predict_pictures, present, report_unread
from mnist_cli.cli.options import argument, command
from mnist_cli.errors import MnistError


@command(
    """
Make a data set of a class's digits.

PICTURES are folders, ZIP archives or files of one digit each, whose names or folders begin with
the label: 7_12.png, 7/12.png. They are read as by 'mnist predict', whose net says what it takes
them for; all that has a label is written, and what to look at is listed. Files that cannot be
read are left out, and make the exit code 1.

Options:
  -o --output NAME         The set to write: class for class-images-idx3-ubyte.gz and
                           class-labels-idx1-ubyte.gz.
  --size-only              Only resize pictures to 28x28: for those that are in MNIST's format.
  --invert
  --sheet                  Show all as small pictures in rows, before they are written.
  --threads --weights --activation --data-dir --export --light --force --quiet --json
Examples:
  mnist collect class/ -o class
  mnist collect class.zip -o class --sheet
  mnist eval --images class --wrong
  mnist train --images class --start weights.pkl
""",
    argument("pictures", nargs=-1, required=True, metavar="PICTURES..."),
    output={"required": True},
)
def collect(pictures: tuple[str, ...], **given: Any) -> int:
    """Read pictures, show what to look at, and write the set."""
    from mnist_cli.prediction import collection
    from mnist_cli.prediction.pictures import Reading
    from mnist_cli.render.views import collect as view
    from mnist_cli.weights.weights_file import read_weights

    network = read_weights(given["weights"], given["data_dir"], given["activation"]).network()
    files = collection.name_files(given["output"], overwrite=given["force"])
    reading = Reading(
        preprocess=not given["size_only"], invert=given["invert"], labels_from_names=True
    )
    found = collection.collect(predict_pictures(network, pictures, reading, given), files)
    if not found.members:
        if report_unread(found.results) and not found.results.predictions:
            return 1
        what = "no picture here shows a digit and has its label in its name"
        raise MnistError(what, hint="Name them 7_1.png, or put them in folders 0 to 9.")
    write = partial(collection.write_set, found, overwrite=given["force"])
    if not given["sheet"]:
        write()
    present(given, view, found, given["sheet"])
    if given["sheet"]:  # all is shown first
        write()
    return report_unread(found.results)
