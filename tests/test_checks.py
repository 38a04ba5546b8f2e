"""The checks that many places share say what they found and what they take."""

from pathlib import Path

import pytest

from mnist_cli.checks import require_at_least, require_suffix


def test_numbers_below_the_least_are_refused():
    assert require_at_least("runs", 1) == 1
    assert require_at_least("warmup", 0, 0) == 0
    with pytest.raises(ValueError, match=r"^runs is 0: expected 1 or more$"):
        require_at_least("runs", 0)
    with pytest.raises(ValueError, match=r"^warmup is -1: expected 0 or more$"):
        require_at_least("warmup", -1, 0)


def test_suffixes_are_compared_without_case():
    assert require_suffix("a.b/W.PKL", (".pkl", ".npz")) == ".pkl"
    for name, found in ((Path("w.txt"), "'.txt'"), ("w", "''"), (".pkl", "''")):
        with pytest.raises(ValueError, match=rf"must end in \.pkl or \.npz, found {found}"):
            require_suffix(name, (".pkl", ".npz"))
