"""Make the pages' pictures again: ``python3 docs/make.py``, with mnist-cli installed.

Photos are left as they are: `photograph` made them, from `PHOTOS`. The pictures of the page of
`mnist draw` need Chromium and Playwright, and are left as they are without.
"""

import io
import math
import os
import shlex
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

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
PHOTOS = {"photo.jpg": (42,), "number.jpg": (1, 3, 35, 11)}


def main() -> None:
    """Run each command and keep what it shows."""
    os.chdir(HERE)
    for name, command in PICTURES.items():
        code = run([*shlex.split(command), "--export", name, "--force"])
        if code:
            raise SystemExit(code)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium and find_spec("playwright"):
        capture_page(chromium)


def capture_page(chromium: str) -> None:
    """Write a nine on the page of `mnist draw`, and keep what it shows, and its map."""
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
        for theme, name, part in (("light", "draw.png", "html"), ("dark", "draw-map.png", "#map")):
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
            page.wait_for_timeout(500)
            shown = page if part == "html" else page.locator(part)
            picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
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
