"""What people read in images of the test set whose labels they do not agree with."""

import json

from support.commands import mnist

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.label_errors import READ, describe_doubt
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import TEST_IMAGES


def test_people_read_another_digit_than_the_label_and_the_net_says_it_of_half_of_them():
    labels, predictions = load_labels(), load_network().predict(load_images())
    read = {index: digit for index, (digit, _) in READ.items() if digit is not None}
    assert (len(READ), len(read)) == (13, 10)
    assert all(labels[index] != digit for index, digit in read.items())
    assert sum(predictions[index] == digit for index, digit in read.items()) == 5
    assert describe_doubt(948) is None


def test_it_is_told_beside_the_label_of_embedded_images_only(tmp_path):
    told = "3 of 5 people read 4"
    assert f"label 9  incorrect; {told}" in mnist("predict", "-i", "1901").stdout
    assert (
        f"incorrect: 9      0.9883  9 0.0116     {told}" in mnist("predict", "-i", "1901,1").stdout
    )
    assert json.loads(mnist("predict", "-i", "1901", "--json").stdout)[0]["people"] == told
    wrong = json.loads(mnist("eval", "--limit", "2000", "--wrong", "--json").stdout)["wrong"]
    assert {one["index"]: one["people"] for one in wrong}[1901] == told
    assert {one["people"] for one in wrong} > {None, told}
    assert f"index 1901  {told}" in mnist("eval", "--limit", "2000", "--wrong").stdout
    copy = tmp_path / TEST_IMAGES
    copy.write_bytes((embedded_directory() / TEST_IMAGES).read_bytes())
    assert told not in mnist("predict", "-i", "1901", "--images", copy).stdout
