"""Rows for other programs, read back with `csv` and `json`."""

import csv
import json
from functools import partial

import numpy as np
import pytest

from mnist_cli.errors import FileError
from mnist_cli.files.tables import print_json, table_writer

COLUMNS = ("source", "prediction", "correct", "warnings", "probabilities")
ROWS = [
    {
        "source": "a,\n\x1b.png" + 100 * "g",
        "prediction": 7,
        "correct": True,
        "warnings": ["one", "two"],
        "probabilities": [n / 45 for n in range(10)],
    },
    {"source": "é", "prediction": None, "correct": False, "warnings": [], "probabilities": None},
]


def write(path, rows=ROWS, **options):
    with table_writer(path, COLUMNS, **options) as add:
        for row in rows:
            add([row])


def test_json_lines_hold_each_row_as_it_is_and_csv_escaped_with_probabilities_in_ten(tmp_path):
    write(tmp_path / "t.jsonl")
    lines = (tmp_path / "t.jsonl").read_text("ascii").splitlines()
    assert [json.loads(line) for line in lines] == ROWS
    write(tmp_path / "t.CSV")
    with (tmp_path / "t.CSV").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert list(first) == [*COLUMNS[:-1], *(f"p{digit}" for digit in range(10))]
    name = r"a,\n\x1b.png" + 100 * "g"
    assert list(first.values())[:4] == [name, "7", "true", "one; two"]
    assert [float(first[f"p{digit}"]) for digit in range(10)] == ROWS[0]["probabilities"]
    assert list(second.values()) == ["é", "", "false", ""] + [""] * 10


def test_a_table_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    with pytest.raises(TypeError):
        write(tmp_path / "t.jsonl", [{"a": object()}])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match=r"must end in \.csv or \.jsonl, found '.txt'"):
        write(tmp_path / "t.txt")
    write(tmp_path / "t.csv", [])
    with pytest.raises(FileError, match="exists already"):
        write(tmp_path / "t.csv")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(FileError, match="temporary file: there is no such file or folder"):
        write("-")


@pytest.mark.parametrize("length", [2, 150_000])  # what is kept in memory, and more
def test_a_document_is_printed_whole_or_not_at_all(capsys, length):
    made = []

    def item(number):
        made.append(number)
        return {"number": number, "values": np.arange(length / number)}

    print_json([partial(item, number) for number in (1, 1, 1)])
    expected = 3 * [{"number": 1, "values": [*map(float, range(length))]}]
    assert capsys.readouterr().out == json.dumps(expected, indent=2) + "\n"
    assert made == [1, 1, 1]  # each once
    with pytest.raises(ZeroDivisionError):
        print_json([partial(item, number) for number in (1, 1, 1, 0)])
    assert capsys.readouterr().out == ""
