"""The page of `mnist draw`: until it shows, and until it has read all test images."""

import numpy as np
from support.page import chromium, predict

import mnist_cli
from mnist_cli.page.page import write_page

PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def test_paint_and_all_test_images(table, tmp_path):
    write_page(tmp_path / "page.html", [None])
    images, _ = mnist_cli.load_mnist("test")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((tmp_path / "page.html").as_uri())
        page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
        table.add("the page, ms to its first paint", "", page.evaluate(PAINT), "200")
        found, _, seconds = predict(page, images)
    np.testing.assert_array_equal(found, mnist_cli.load_network().predict(images))
    table.add("the page, seconds for 10,000 images", "", seconds, "1.5")
