"""Many pictures on several processes: the same predictions, and no process that stays behind."""

import io
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image
from support import stress

from mnist_cli import load_images, load_network
from mnist_cli.errors import MnistError
from mnist_cli.prediction.pictures import predict_files
from mnist_cli.prediction.sources import Pictures
from mnist_cli.prediction.workers import spread

# Tells of each prediction at once, so that its reader knows when the workers are there.
_SCRIPT = """
import sys
from mnist_cli import load_network
from mnist_cli.prediction.pictures import predict_files
from mnist_cli.prediction.sources import Pictures

for one in predict_files(load_network(), Pictures(20 * sys.argv[1:]), threads=2):
    print(one.source, flush=True)
"""


@pytest.fixture
def paths(tmp_path):
    paths = [tmp_path / f"{number:02}.png" for number in range(30)]
    for number, path in enumerate(paths):
        Image.fromarray(load_images()[number]).save(path)
    return [str(path) for path in paths]


def test_processes_give_the_same_predictions(paths, tmp_path):
    network = load_network()
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paths = [*paths[:20], str(tmp_path / "broken.png"), "-", *paths[20:]]
    page = stress.draw("clean", load_images()[0], seed=0)
    steps = []

    def read(threads):
        results = predict_files(
            network,
            Pictures(paths),
            threads=threads,
            standard_input=io.BytesIO(page),
            progress=lambda done, total: steps.append((done, total)),
        )
        return {one.source: getattr(one, "probabilities", "not read") for one in results}

    alone = read(1)
    assert alone == read(2)
    assert [*alone] == paths
    assert [path for path in alone if alone[path] == "not read"] == [str(tmp_path / "broken.png")]
    assert steps == 2 * [(done, 32) for done in range(1, 33)]


def test_one_that_stops_early_leaves_no_process_behind(paths):
    results = predict_files(load_network(), Pictures(paths), threads=2)
    next(results)
    results.close()
    assert not multiprocessing.active_children()


def test_a_worker_that_is_killed_is_told():
    with pytest.raises(MnistError, match="was killed"), spread(2) as map_on_processes:
        list(map_on_processes(signal.raise_signal, [signal.SIGTERM]))


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals on Windows")
def test_workers_end_with_their_parent(paths):
    with subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, *paths],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        parent.stdout.readline()
        parent.kill()
        try:
            # The pipes end when the last process that holds them does: worker or tracker.
            parent.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(parent.pid, signal.SIGKILL)
            raise
