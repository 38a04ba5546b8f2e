"""The embedded files are found however the package was installed."""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from mnist_cli import __version__


def run(*words, cwd):
    command = [sys.executable, "-m", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target, project, output):
    """Build a wheel or sdist with the build backend that is installed here: no network."""
    run("hatchling", "build", "-t", target, "-d", output, cwd=project)
    (built,) = output.iterdir()
    return built


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_a_wheel_evaluates_where_there_is_nothing_else_of_ours(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)  # a wheel is installed so; Python finds it here first
    command = "mnist_cli eval --batch-size 100 --runs 1 --json"
    result = json.loads(run(*command.split(), cwd=tmp_path))
    assert (result["samples"], result["predictions_identical"]) == (10_000, True)
    assert Path(result["weights"]) == tmp_path.resolve() / "mnist_cli/data/weights.pkl"


def test_a_wheel_made_from_the_sdist_is_the_same(wheel, tmp_path):
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "project", filter="data")
    (project,) = (tmp_path / "project").iterdir()
    assert contents(build("wheel", project, tmp_path / "dist")) == contents(wheel)


def test_the_wheel_holds_the_data_once_and_no_tests(wheel):
    names = contents(wheel)
    (scripts,) = (names[name].decode() for name in names if name.endswith("/entry_points.txt"))
    assert {"mnist", "mnist-cli"} <= {line.split(" = ")[0] for line in scripts.splitlines()}
    data = {name for name in names if "/data/" in name and "dist-info" not in name}
    assert data == {f"mnist_cli/data/{path.name}" for path in (ROOT / "data").iterdir()}
    assert {"mnist_cli/py.typed", "mnist_cli/page/page.html", "mnist_cli/page/main.js"} <= {*names}
    assert not [name for name in names if "tests/" in name or "test_" in name]
    assert wheel.stat().st_size < 3_000_000


def test_what_the_package_index_shows_leads_to_files_of_this_version(wheel):
    names = contents(wheel)
    (metadata,) = (names[name].decode() for name in names if name.endswith("/METADATA"))
    links = re.findall(r"\]\(([^)]*)\)", metadata)
    assert [link for link in links if not link.startswith("https://")] == []
    ours = re.compile(rf"https://[^/]*/mnist-cli/mnist-cli/(?:blob/)?v{__version__}/([^#]*)")
    paths = [match[1] for match in map(ours.match, links) if match]
    assert {"docs/draw.png", "docs/steps.svg", "CONTRIBUTING.md"} <= {*paths}
    assert [path for path in paths if not (ROOT / path).exists()] == []
    versions = re.findall(r"Python :: (3\.\d+)", metadata)
    assert versions == ["3.10", "3.11", "3.12", "3.13", "3.14"]


def test_the_embedded_files_are_those_that_their_readme_describes():
    text = (ROOT / "data" / "README.md").read_text("utf-8")
    for path in {*(ROOT / "data").iterdir()} - {ROOT / "data" / "README.md"}:
        content = path.read_bytes()
        row = next(line for line in text.splitlines() if line.startswith(f"| `{path.name}` |"))
        assert hashlib.sha256(content).hexdigest() in row
        assert f"{len(content):,}" in row
