"""How soon the page of `mnist draw` answers a finger: medians, at full speed and at a sixth of it.

``python3 tests/benchmarks/page.py [RUNS]`` prints a table. With ``rounds N`` it writes a round of
ten digits N times on each screen, at full and a quarter of the speed, and tells how many were kept.
"""

import itertools
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.page import SEVEN, chromium, on_pad, send_touch, settle, standing_pad, touch

from mnist_cli.page.page import write_page

SCREENS = {"tablet": (820, 1180), "phone": (390, 844)}
MEASURED = ("first content", "ready", "script", "shown", "switch")
AIMS = {("tablet", 6): (None, 3000, 40, 200, 200)}  # milliseconds
MOVES, SWITCHES = 20, 6

# Milliseconds: until the page is ready; of each move of the finger in the page's own functions; and
# from a tap until a neuron that it switches has been painted.
_HEARD = """
const heard = (window.heard = { moves: [], switches: [] });
let [begun, tapped] = [0, 0];
addEventListener("click", ({ timeStamp }) => (tapped = timeStamp), true);
new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(() =>
    heard.switches.push(performance.now() - tapped))),
).observe(document, { attributeFilter: ["aria-pressed"], subtree: true });
addEventListener("pointermove", () => (begun = performance.now()), true);
addEventListener("pointermove", () => heard.moves.push(performance.now() - begun));
new MutationObserver((_, observer) => {
    if (!document.querySelector("#accuracy output:not(:empty)")) return;
    heard.ready = performance.now();
    observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
_READY = "async () => { while (!heard.ready) await new Promise((done) => setTimeout(done, 50)); }"


def opened(browser, path, size, slower):
    """The page on a screen that is touched, and its session, once it is ready."""
    viewport = dict(zip(("width", "height"), size, strict=True))
    page = browser.new_context(viewport=viewport, has_touch=True).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(_HEARD)
    page.goto(path.as_uri())
    page.evaluate(_READY)
    return page, session


def latencies(trace):
    """Milliseconds from each move of the finger until its frame was on the screen."""
    found, begun = [], {}
    events = [each for each in json.loads(trace)["traceEvents"] if each["name"] == "EventLatency"]
    for event in sorted(events, key=lambda each: each["ts"]):
        if event["ph"] == "b":
            begun[event["id2"]["local"]] = event
            continue
        start = begun.pop(event["id2"]["local"], event)
        if start["args"].get("event_latency", {}).get("event_type") == "TOUCH_MOVED":
            found.append((event["ts"] - start["ts"]) / 1000)
    return found


def run(browser, path, size, slower):
    """What is MEASURED, once."""
    page, session = opened(browser, path, size, slower)
    first = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    begun = page.evaluate(f"[{first}, heard.ready]")
    settle(page)
    box = standing_pad(page)
    browser.start_tracing(page=page, categories=["benchmark", "cc", "input"])
    for number in range(MOVES + 1):
        place = dict(zip("xy", on_pad(box, (15 + 3 * number, 10 + 2 * number)), strict=True))
        send_touch(session, "touchMove" if number else "touchStart", [place])
        settle(page)
    send_touch(session, "touchEnd", [])
    settle(page)
    shown = latencies(browser.stop_tracing())
    page.locator(".tiles .neuron").nth(8).tap()
    settle(page)
    page.evaluate("heard.switches.length = 0")
    for _ in range(SWITCHES):
        page.locator("#switch").tap()
        settle(page)
    script, switched = page.evaluate("[heard.moves, heard.switches]")
    page.context.close()
    return *begun, median(script), median(shown), median(switched)


def write_rounds(browser, path, count):
    """How many of ten digits each round kept, on each screen and at each speed."""
    for name, size in SCREENS.items():
        for slower in (1, 4):
            kept = []
            for _ in range(count):
                page, _ = opened(browser, path, size, slower)
                page.locator("#asks label").first.tap()
                page.locator("#start-asking").tap()
                for _ in range(10):
                    touch(page, SEVEN)
                    page.locator("#keep").tap()
                settle(page)
                kept.append(page.locator(".kept").count())
                page.context.close()
            print(f"{name}, {slower} times slower: kept {kept}", flush=True)


def print_table(browser, path, count):
    print(f"| ms | {' | '.join(MEASURED)} |\n| --- |{' ---: |' * len(MEASURED)}")
    for name, slower in itertools.product(SCREENS, (6, 1)):
        runs = [run(browser, path, SCREENS[name], slower) for _ in range(count)]
        found = [median(each) for each in zip(*runs, strict=True)]
        aims = AIMS.get((name, slower), [None] * len(MEASURED))
        cells = (
            f"{value:.0f}{f' (<= {aim})' if aim else ''}"
            for value, aim in zip(found, aims, strict=True)
        )
        print(f"| {name}, {slower} times slower | {' | '.join(cells)} |", flush=True)


def main():
    is_rounds = sys.argv[1:2] == ["rounds"]
    count = int((sys.argv[2:] if is_rounds else sys.argv[1:] or ["5"])[0])
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        write_page(path := Path(folder, "page.html"))
        (write_rounds if is_rounds else print_table)(browser, path, count)


if __name__ == "__main__":
    main()
