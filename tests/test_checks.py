"""What is said to do where a package is missing does it."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from conftest import ROOT

from mnist_cli.checks import install_hint


def test_what_installs_a_package_installs_it_here_also_where_there_is_no_pip(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "colour_of_ink-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in (
            ("METADATA", "Metadata-Version: 2.1\nName: colour-of-ink\nVersion: 1.0"),
            ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"),
            ("RECORD", ""),
        ):
            wheel.writestr(f"colour_of_ink-1.0.dist-info/{name}", content)
        wheel.writestr("colour_of_ink.py", "")
    environment = tmp_path / "an environment"
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    for tool in ("PIP", "UV"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(tmp_path))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.chdir(ROOT)

    code = "from mnist_cli.checks import install_hint; print(install_hint('colour-of-ink'))"
    hint = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    subprocess.run(hint.removeprefix("Run: ").strip(), shell=True, capture_output=True, check=True)
    subprocess.run([python, "-c", "import colour_of_ink"], check=True)
    assert install_hint("onnx") == f"Run: {sys.executable} -m pip install onnx"
