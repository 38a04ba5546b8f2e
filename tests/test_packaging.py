"""The embedded files are found however the package was installed."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


def run(*command, cwd, **environment):
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target, project, output):
    """Build a wheel or sdist with the build backend that is installed here: no network."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", output, cwd=project)
    (built,) = output.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_wheel_in_a_new_environment_evaluates(wheel, tmp_path):
    """Installed where there is nothing else of ours."""
    folder, environment = tmp_path, tmp_path / "environment"
    venv.create(environment, with_pip=False)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    # The dependencies are those of this environment: paths, so its own .pth files do not count.
    site_packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).strip()
    dependencies = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    Path(site_packages, "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    where = run(python, "-c", "import mnist_cli; print(mnist_cli.__file__)", cwd=folder)
    assert str(environment.resolve()) in str(Path(where.strip()).resolve())
    output = run(
        scripts / "mnist", "eval", "--batch-size", "100", "--runs", "1", "--json", cwd=folder
    )
    result = json.loads(output)
    assert result["samples"] == 10_000
    assert result["predictions_identical"] is True
    assert Path(result["weights"]).name == "weights.pkl"


def test_a_wheel_made_from_the_sdist_is_the_same(wheel, tmp_path):
    for name in ("sdist", "dist", "project"):
        (tmp_path / name).mkdir()
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "project", filter="data")
    (project,) = (tmp_path / "project").iterdir()
    assert contents(build("wheel", project, tmp_path / "dist")) == contents(wheel)


def test_the_wheel_holds_the_data_once_and_no_tests(wheel):
    names = contents(wheel)
    data = sorted(name for name in names if "/data/" in name and "dist-info" not in name)
    expected = sorted(f"mnist_cli/data/{path.name}" for path in (ROOT / "data").iterdir())
    assert data == expected
    assert {"mnist_cli/py.typed", "mnist_cli/page/page.html", "mnist_cli/page/main.js"} <= {*names}
    assert not [name for name in names if "test" in name]
    assert wheel.stat().st_size < 3_000_000


def test_the_embedded_files_are_those_that_their_readme_describes():
    text = (ROOT / "data" / "README.md").read_text("utf-8")
    for path in (ROOT / "data").iterdir():
        if path.name != "README.md":
            content = path.read_bytes()
            row = next(line for line in text.splitlines() if line.startswith(f"| `{path.name}` |"))
            assert hashlib.sha256(content).hexdigest() in row
            assert f"{len(content):,}" in row
