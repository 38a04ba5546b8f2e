"""The sets of a class, put together on the page; what is broken or hostile among them."""

import zipfile

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from support.page import prediction, settle, speak
from support.zips import IMAGES, LABELS, choose, pair, write_set, write_zip

import mnist_cli

pytestmark = pytest.mark.xdist_group("class")

# How many bytes the page reads of files, and how many come out of what it inflates.
_COUNT = """() => {
    const [blob, reader] = [Blob.prototype, ReadableStreamDefaultReader.prototype];
    const [asBuffer, next] = [blob.arrayBuffer, reader.read];
    window.counted = { read: 0, inflated: 0, end: () => {
        [blob.arrayBuffer, reader.read] = [asBuffer, next];
    } };
    blob.arrayBuffer = function () { counted.read += this.size; return asBuffer.call(this); };
    reader.read = async function () {
        const part = await next.call(this);
        counted.inflated += part.value?.length ?? 0;
        return part;
    };
}"""


@pytest.fixture(scope="module")
def mnist_set():
    """Real digits, many of which the net misreads: images, labels, predictions."""
    images, labels = mnist_cli.load_mnist("test")
    predictions = mnist_cli.load_network().predict(images)
    chosen = np.r_[np.flatnonzero(predictions != labels), 0:300]
    return images[chosen], labels[chosen], predictions[chosen]


@pytest.fixture
def counting(page):
    page.evaluate(_COUNT)
    yield page
    page.evaluate("counted.end()")


def refusals(page):
    return page.locator("#unread li").all_text_contents()


def table(page):
    """The fields of the page, (10, 10)."""
    rows = page.locator("#fields tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].slice(1).map((cell) => Number(cell.innerText)))"
    )
    return np.array(rows)


def test_a_class_is_put_together(page, mnist_set, tmp_path):
    images, labels, predictions = mnist_set
    parts = np.array_split(np.arange(len(labels)), 3)
    ways = {"stored": {}, "packed": {"method": zipfile.ZIP_DEFLATED}, "again": {"folder": "a/"}}
    files = [
        write_set(tmp_path / f"{name}.zip", images[part], labels[part], **options)
        for part, (name, options) in zip(parts, ways.items(), strict=True)
    ]
    choose(page, *files[:2])
    choose(page, files[2], files[0])
    assert refusals(page) == ["stored.zip: the same set is there already."]
    told = page.locator("#merge-told").text_content()
    assert told == f"Digits: {len(labels)}, from files: 3."
    correct = (predictions == labels).sum()
    assert page.locator("#class-accuracy").text_content() == f"{correct / len(labels):.4f}"
    assert page.locator("#class-correct").text_content() == f"{correct} of {len(labels)} correct"
    counts = confusion_matrix(labels, predictions)
    np.testing.assert_array_equal(table(page), counts)
    misread = counts - np.diag(counts.diagonal())
    hard = (misread.sum(axis=1) / counts.sum(axis=1)).argmax()
    told = page.locator("#hardest").text_content()
    said = f"The hardest digit is {hard}: {misread[hard].sum()} of {counts[hard].sum()} are misread"
    assert told.startswith(said)
    assert f"most often as {misread[hard].argmax()}" in told

    label, other = np.unravel_index(misread.argmax(), (10, 10))
    group = page.locator("#pictures > div").first
    assert group.locator("h3").text_content() == f"{label} read as {other}: {counts[label, other]}"
    assert group.locator("button").count() == min(30, counts[label, other])
    field = page.locator("#fields button[aria-label^='3 read as 3']")
    field.click()
    assert page.locator("#pictures h3").all_text_contents() == [f"3 read as 3: {counts[3, 3]}"]
    field.click()
    group.locator("button").first.click()
    settle(page)
    assert prediction(page) == str(other)
    assert f"label {label}" in page.locator(".answer p:not(.name)").text_content()
    speak(page, "ko")
    assert "가장 어려운 숫자" in page.locator("#hardest").text_content()
    assert page.locator("#class-correct").text_content() == f"{len(labels)}개 중 {correct}개 정답"
    page.locator("#forget-class").click()
    assert not page.locator("#class").is_visible()


def test_files_are_dropped_anywhere_on_the_page(page, mnist_set, tmp_path):
    images, labels, predictions = mnist_set
    right = np.flatnonzero(predictions == labels)[:20]
    content = write_set(tmp_path / "a.zip", images[right], labels[right]).read_bytes()
    drop = """(bytes) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([Uint8Array.from(bytes)], "a.zip"));
        for (const name of ["dragover", "drop"]) {
            const event = new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true });
            document.querySelector("#pad").dispatchEvent(event);
            if (!event.defaultPrevented) throw new Error("the browser would open the file");
        }
    }"""
    page.evaluate(drop, [*content])
    page.locator("#merge:not([aria-busy])").wait_for()
    assert page.locator("#class-accuracy").text_content() == "1.0000"
    assert page.locator("#hardest").text_content() == "Every digit is read correctly."


def patch(archive, *changes):
    """The bytes of an archive, of which the directory's first entry says something else."""
    content = bytearray(archive.read_bytes())
    start = content.index(b"PK\1\2")
    for at, value in changes:
        content[start + at : start + at + len(value)] = value
    return bytes(content)


def broken_files(folder):
    """What is refused, by the sentence."""
    images, labels = mnist_cli.load_images()[:100], mnist_cli.load_labels()[:100]
    good = pair(images, labels)
    whole = write_set(folder / "whole.zip", images, labels, method=zipfile.ZIP_DEFLATED)
    stored = write_zip(folder / "stored.zip", good).read_bytes()

    def zipped(files, **options):
        return write_zip(folder / "x.zip", files, **options).read_bytes()

    def changed(kind, at, *values):
        content = bytearray(good[kind])
        content[at : at + len(values)] = values
        return zipped(good | {kind: bytes(content)})

    no_zip = "this is no ZIP archive, or it is cut short."
    damaged = "the ZIP archive is damaged."
    no_pair = "it does not hold one pair of"
    no_idx = "its images or labels are no IDX files"
    return [
        (no_zip, b""),
        (no_zip, stored[:-30]),
        (no_pair, zipped({})),
        (no_pair, zipped({"7_001.png": b"", LABELS: good[LABELS]})),
        (no_pair, zipped(good | {f"b/{name}": content for name, content in good.items()})),
        (no_idx, changed(IMAGES, 0, 80)),
        (no_idx, changed(LABELS, 3, 3)),
        (no_idx, zipped(good | {LABELS: good[LABELS][:-1]})),
        (no_idx, zipped(pair(images[:0], labels[:0]))),
        ("its images are 27x28, not 28x28.", changed(IMAGES, 11, 27)),
        ("it has 100 images but 99 labels.", zipped(pair(images, labels[:-1]))),
        ("one of its labels is 10, not 0 to 9.", changed(LABELS, 50, 10)),
        (damaged, stored.replace(good[LABELS], good[LABELS][:-1] + b"\5")),
        (damaged, patch(whole, (16, b"\0\0\0\0"))),  # its checksum
        (damaged, patch(whole, (24, b"\x10\0\0\0"))),  # its length
        (damaged, patch(whole, (42, b"\xff\xff\xff\x7f"))),  # where it is
        (damaged, patch(whole, (20, b"\x80\0\0\0"))),  # its length as it is packed
        ("encrypted or packed in an unusual way", patch(whole, (8, b"\1"))),
        ("encrypted or packed in an unusual way", zipped(good, method=zipfile.ZIP_BZIP2)),
        ("its images or labels are larger", patch(whole, (24, b"\xff\xff\xff\xff"))),
        (damaged, stored[:-10] + b"\xff\xff\xff\x7f" + stored[-6:]),  # of the directory
    ]


def test_what_is_broken_is_refused_in_a_sentence(page, tmp_path):
    cases = broken_files(tmp_path)
    files = [tmp_path / f"{number}.zip" for number in range(len(cases))]
    for file, (_, content) in zip(files, cases, strict=True):
        file.write_bytes(content)
    told = []
    for first in range(0, len(files), 8):  # so many are told of at once
        choose(page, *files[first : first + 8])
        told += refusals(page)
    for file, (sentence, _), found in zip(files, cases, told, strict=True):
        assert found.startswith(f"{file.name}: ")
        assert sentence in found, file.name
    assert not page.locator("#class").is_visible()
    lying = tmp_path / "\u202egnp.zip"
    lying.write_bytes(b"")
    choose(page, lying, *files[:10])
    assert refusals(page)[0].startswith("\u00b7gnp.zip: ")
    assert refusals(page)[8:] == ["Other files that were refused: 3."]


def test_a_bomb_is_not_inflated(counting, tmp_path):
    files = {IMAGES: bytes(64 << 20), LABELS: b""}
    bomb = write_zip(tmp_path / "bomb.zip", files, method=zipfile.ZIP_DEFLATED)
    bomb.write_bytes(patch(bomb, (24, (784_016).to_bytes(4, "little"))))  # as 1,000 images
    choose(counting, bomb)
    assert refusals(counting) == ["bomb.zip: the ZIP archive is damaged."]
    assert 0 < counting.evaluate("counted.inflated") < 8 << 20


def test_of_a_large_archive_only_the_set_is_read(counting, mnist_set, tmp_path):
    files = pair(*(part[:300] for part in mnist_set[:2]))
    large = tmp_path / "large.zip"
    with large.open("wb") as file:  # a gigabyte before it, which takes no room on the disk
        file.truncate(1 << 30)
    choose(counting, large)
    assert "no ZIP archive" in refusals(counting)[0]
    with zipfile.ZipFile(large, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert large.stat().st_size > 1 << 30
    choose(counting, large)
    assert refusals(counting) == []
    assert "Digits: 300," in counting.locator("#merge-told").text_content()
    size = sum(map(len, files.values()))
    assert size < counting.evaluate("counted.read") < size + (1 << 20)


@pytest.mark.parametrize("count", [2, pytest.param(1, marks=pytest.mark.matrix)])
def test_no_more_digits_are_put_together_than_a_class_has(page, tmp_path, count):
    images, labels = np.zeros((9_999, 28, 28), np.uint8), np.zeros(9_999, np.uint8)
    few = write_set(tmp_path / "few.zip", images[:count], labels[:count])
    many = write_set(tmp_path / "many.zip", images, labels, method=zipfile.ZIP_DEFLATED)
    choose(page, few, many)
    said = "many.zip: with it there would be 10001 digits; at most 10000 are put together."
    assert refusals(page) == [said] * (count == 2)
    told = page.locator("#merge-told").text_content()
    assert told == {1: "Digits: 10000, from files: 2.", 2: "Digits: 2, from files: 1."}[count]
