"""What is said to do where a package is missing does it."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from conftest import ROOT

from mnist_cli.checks import install_hint


def test_what_installs_a_package_installs_it_here_also_where_there_is_no_pip(tmp_path):
    with zipfile.ZipFile(tmp_path / "colour_of_ink-1.0-py3-none-any.whl", "w") as wheel:
        about = "colour_of_ink-1.0.dist-info"
        wheel.writestr("colour_of_ink.py", "")
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: colour-of-ink\nVersion: 1.0"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        wheel.writestr(f"{about}/RECORD", "")
    environment = tmp_path / "an environment"
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    offline = {name: str(tmp_path) for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS")}
    offline |= dict.fromkeys(("PIP_NO_INDEX", "UV_NO_INDEX"), "1")
    offline["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(command):
        return subprocess.run(
            command,
            shell=isinstance(command, str),
            env=os.environ | offline,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    code = "from mnist_cli.checks import install_hint; print(install_hint('colour-of-ink'))"
    hint = run([python, "-c", code])
    run(hint.removeprefix("Run: ").strip())
    run([python, "-c", "import colour_of_ink"])
    assert install_hint("onnx") == f"Run: {sys.executable} -m pip install onnx"
