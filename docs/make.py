"""Make every figure again: ``python3 docs/make.py``, with mnist-cli and its extra test installed.

Examples of the pages are run first (see tests/support/readme.py), then come pictures and notebooks.
Photos are left as they are: `photograph` made them, from `PHOTOS`. The pictures of the page of
`mnist draw` need Chromium and Playwright, and are left as they are without.
"""

import io
import json
import math
import os
import posixpath
import re
import runpy
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mnist_cli.cli import run

HERE = Path(__file__).parent
PICTURES = {
    "sheet.svg": "predict --label 4 --only wrong --sheet",
    "steps.svg": "predict photo.jpg --show-steps",
    "eval.svg": "eval --batch-size 100 --confusion",
    "explain.svg": "predict --index 8 --explain",
    "neuron.svg": "inspect --stats --neuron 7",
    "robustness.svg": "eval --robustness",
}
NOTEBOOKS = {  # made of pages, each with what it says before
    "lecture.md": """\
Run the cells from top to bottom with Shift+Enter; `%mnist` begins a command. The outputs here are \
those of the book's weights. Where these cannot be downloaded, `{weights}` are the embedded ones, \
with figures of their own.""",
    "lecture.ko.md": """\
셀을 위에서부터 Shift+Enter로 실행하세요. \
`%mnist`로 시작하는 줄은 명령입니다. \
여기에 담긴 출력은 책의 가중치로 얻은 것입니다. \
책의 가중치를 내려받을 수 없으면 \
`{weights}`는 내장 가중치를 가리키고, 값도 달라집니다.""",
    "lecture.ja.md": """\
セルを上から順にShift+Enterで実行してください。\
`%mnist`で始まる行はコマンドです。\
ここに載せた出力は、本の学習済みの重みによるものです。\
本の重みをダウンロードできないときは、`{weights}`は内蔵の重みになり、値も変わります。""",
}
REPOSITORY = "https://github.com/mnist-cli/mnist-cli"
COLAB = "https://colab.research.google.com"
INSTALL = f"""\
import importlib.util
import os
import shlex
import subprocess
import sys

if importlib.util.find_spec("mnist_cli") is None:
    %pip install -q git+{REPOSITORY}

from IPython.core.magic import register_line_magic

import mnist_cli


@register_line_magic
def mnist(line):
    \"\"\"Run mnist by the Python of this notebook; where it fails, so does the cell.\"\"\"
    command = [sys.executable, "-m", "mnist_cli", *shlex.split(line)]
    environment = os.environ | {{"FORCE_COLOR": "1", "PYTHONUTF8": "1"}}
    how = {{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}}
    done = subprocess.run(command, env=environment, **how)
    print(done.stdout, end="")
    done.check_returncode()"""
BOOK_WEIGHTS = "These are the book's weights: accuracy 0.9352, as in the text."
CHOOSE_WEIGHTS = f"""\
try:
    %mnist download weights
    weights = "sample_weight.pkl"
    mnist_cli.load_network(weights)
    print("{BOOK_WEIGHTS}")
except (subprocess.CalledProcessError, mnist_cli.MnistError):
    weights = "weights.pkl"
    print("THESE ARE NOT THE BOOK'S WEIGHTS, which could not be fetched. All that follows")
    print("runs with the embedded ones: accuracy 0.9927, where the text says 0.9352.")"""
PHOTOS = {"photo.jpg": (42,), "number.jpg": (1, 3, 35, 11)}


def main() -> None:
    """Run each command and keep what it shows."""
    sys.path.append(str(HERE.parent / "tests"))
    runpy.run_module("support.readme", run_name="__main__")
    os.chdir(HERE)
    for name, command in PICTURES.items():
        code = run([*shlex.split(command), "--export", name, "--force"])
        if code:
            raise SystemExit(code)
    show_drawn_digits("drawn.png")
    for page in NOTEBOOKS:
        Path(page).with_suffix(".ipynb").write_text(make_notebook(page), "utf-8")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium and find_spec("playwright"):
        capture_page(chromium)


def show_drawn_digits(name: str) -> None:
    """A row of each digit that the program draws for training."""
    import numpy as np
    from PIL import Image

    from mnist_cli.training.drawing import draw_digits

    images, labels = draw_digits(2000, seed=0)
    rows = [np.hstack(images[labels == digit][:20]) for digit in range(10)]
    Image.fromarray(np.vstack(rows)).save(HERE / name, optimize=True)


def make_notebook(page: str) -> str:
    """A page as a notebook: its examples become cells, with what the page says that they print.

    Those in an answer that is to be unfolded stay there.
    """
    notebook = page.replace(".md", ".ipynb")
    target = f"{COLAB}/github/mnist-cli/mnist-cli/blob/main/docs/{notebook}"
    badge = f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({target})"
    cells = [_markdown(f"{badge}\n\n{NOTEBOOKS[page]}"), _code(INSTALL)]
    text = (HERE / page).read_text("utf-8")
    for part in re.split(r"(<details>.*?</details>|^```.*?^```\n)", text, flags=re.DOTALL | re.M):
        if part.startswith("```"):
            language, _, content = part.strip("`\n").partition("\n")
            cells += _from_console(content) if language == "console" else _from_python(content)
        elif part.strip():
            cells.append(_markdown(_adapt(part)))
    document = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _adapt(text: str) -> str:
    """Prose with links that lead on from anywhere, and the weights by their variable."""
    text = re.sub(r"\[([^]]*)\]\(#[^)]*\)", r"\1", text)  # notebooks name headings otherwise

    def whole(link: re.Match[str]) -> str:
        return f"]({REPOSITORY}/blob/main/{posixpath.normpath('docs/' + link[1])})"

    text = re.sub(r"\]\((?!https:)([^)]*)\)", whole, text)
    return text.replace("sample_weight.pkl", "{weights}")


def _from_console(content: str) -> Iterator[dict[str, Any]]:
    for example in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, _, output = example.partition("\n")
        if command == "mnist download weights":
            yield _code(CHOOSE_WEIGHTS, BOOK_WEIGHTS)
        else:
            yield _code("%" + command.replace("sample_weight.pkl", "{weights}"), output.rstrip())


def _from_python(content: str) -> Iterator[dict[str, Any]]:
    """The code, and as its output what stands behind each `print`."""
    printed = re.compile(r"^(print\(.*\))  # (.*)$", re.MULTILINE)
    output = "\n".join(found[2] for found in printed.finditer(content))
    source = printed.sub(r"\1", content).replace('"sample_weight.pkl"', "weights")
    yield _code(source.rstrip(), output)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.strip().splitlines(True)}


def _code(source: str, output: str = "") -> dict[str, Any]:
    text = f"{output}\n".splitlines(True)
    shown = [{"name": "stdout", "output_type": "stream", "text": text}] if output else []
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": shown,
        "source": source.splitlines(True),
    }


def capture_page(chromium: str) -> None:
    """Write a nine on the page of `mnist draw`; keep what it shows, its map, and how that came."""
    import numpy as np
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from mnist_cli.page.page import write_page

    turn = [-0.5 - 0.2 * i for i in range(32)]  # round the loop, then down the tail
    nine = [(0.5 + 0.14 * math.cos(t), 0.35 + 0.15 * math.sin(t)) for t in turn]
    nine += [(0.64, 0.35), (0.63, 0.52), (0.57, 0.78)]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "page.html")
        write_page(path)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for theme, name, part, states in (
            ("light", "draw.png", "html", "9"),
            ("dark", "draw-map.png", "#map", "9"),
            ("light", "draw-learning.png", "#field", "039"),
        ):
            page = browser.new_page(viewport={"width": 1280, "height": 810}, color_scheme=theme)
            page.goto(path.as_uri())
            page.wait_for_selector(".thumb")
            box = page.locator("#pad").bounding_box()
            at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in nine]
            page.mouse.move(*at[0])
            page.mouse.down()
            for point in at:
                page.mouse.move(*point)
            page.mouse.up()
            shown = page if part == "html" else page.locator(part)
            pictures = []
            for state in states:
                page.evaluate(f"learning.value = {state}; learning.oninput()")
                page.wait_for_timeout(500)
                picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
                pictures.append(np.asarray(picture))
            picture = Image.fromarray(np.hstack(pictures))
            picture.quantize(128).save(HERE / name, optimize=True)
        browser.close()


def photograph(name: str, indices: tuple[int, ...]) -> None:
    """Put images of the test set on ruled paper, partly in the shadow, as a phone would see it."""
    import numpy as np
    from PIL import Image, ImageFilter

    from mnist_cli import load_images

    zoom, margin = 14, 120
    digits = np.hstack([load_images()[index][:, 3:25] for index in indices])
    large = Image.fromarray(digits).resize([zoom * side for side in digits.shape[::-1]])
    pen = np.asarray(large.filter(ImageFilter.GaussianBlur(zoom / 4)), float) / 255
    ink = np.pad(np.clip((pen - 0.45) * 6, 0, 1), ((margin // 3,) * 2, (margin,) * 2))[..., None]
    height, width, _ = ink.shape
    y, x = np.mgrid[:height, :width]
    paper = np.full((height, width, 3), (226.0, 220.0, 204.0))
    paper[abs((y + 0.04 * x) % 48 - 24) < 1] = 150, 170, 200
    light = 1.05 - 0.35 * x / width - 0.15 * y / height
    light *= 0.72 + 0.28 / (1 + np.exp((80 + 0.5 * y - x) / 6))
    seen = (paper * (1 - ink) + np.array((30, 40, 90)) * ink) * light[..., None]
    seen += np.random.default_rng(0).normal(0, 3, seen.shape)
    Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8)).save(HERE / name, quality=80)


if __name__ == "__main__":
    main()
