"""The sets of a class, put together on the page; what is broken or hostile among them."""

import io
import zipfile
import zlib

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from support.page import prediction, speak
from support.zips import choose, digits, to_png, write_set, write_zip

import mnist_cli

pytestmark = pytest.mark.xdist_group("class")

# Count the bytes that the page reads of files.
_COUNT = """() => {
    const asBuffer = Blob.prototype.arrayBuffer;
    window.counted = 0;
    Blob.prototype.arrayBuffer = function () {
        counted += this.size;
        return asBuffer.call(this);
    };
}"""


@pytest.fixture(scope="module")
def mnist_set():
    """Real digits, many of which the net misreads: images, labels, predictions."""
    images, labels = mnist_cli.load_mnist("test")
    predictions = mnist_cli.load_network().predict(images)
    chosen = np.r_[np.flatnonzero(predictions != labels), 0:300]
    return images[chosen], labels[chosen], predictions[chosen]


def refusals(page):
    return page.locator("#unread li").all_text_contents()


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
    fields = page.locator("#fields tbody td").evaluate_all("all => all.map((td) => +td.innerText)")
    np.testing.assert_array_equal(fields, counts.ravel())
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
    wrong = np.flatnonzero(predictions != labels)[:1]
    choose(page, write_set(tmp_path / "b.zip", images[wrong], labels[wrong]))
    assert page.locator("#class-correct").text_content() == "20 of 21 correct"
    assert page.locator("#hardest").text_content() == ""  # of so few of a label nothing is said


def patch(archive, *changes):
    """The bytes of an archive, of which the directory's first entry says something else."""
    content = bytearray(archive.read_bytes())
    start = content.index(b"PK\1\2")
    for at, value in changes:
        content[start + at : start + at + len(value)] = value
    return bytes(content)


def broken_files(folder):
    """What is refused, by the sentence."""
    image = mnist_cli.load_images()[0]
    good = to_png(image)
    whole = write_set(folder / "whole.zip", [image], [7], method=zipfile.ZIP_DEFLATED)
    stored = write_set(folder / "stored.zip", [image], [7]).read_bytes()

    def zipped(name, content, **options):
        return write_zip(folder / "x.zip", {name: content}, **options).read_bytes()

    no_zip = "this is no ZIP archive, or it is cut short."
    damaged = "the ZIP archive is damaged."
    no_digits = "it holds no digits as this page saves them"
    unreadable = "it cannot be read."
    unusual = "encrypted or packed in an unusual way"
    return [
        (no_zip, b""),
        (no_zip, b"\x89PNG\r\n\x1a\n" * 9),
        (no_zip, stored[:-30]),
        (no_digits, zipped("seven.png", good)),
        (no_digits, zipped("._7_001.png", good)),
        (no_digits, zipped("12_001.png", good)),
        (unreadable, zipped("7_001.png", b"")),
        (unreadable, zipped("7_001.png", b"\xff\xd8\xff\xe0" + good[4:])),
        (unreadable, zipped("7_001.png", good[:60])),
        ("one of its images is 27x28, not 28x28.", zipped("7_001.png", to_png(image[1:]))),
        ("one of its images is larger", zipped("7_001.png", good + bytes(8192))),
        (damaged, stored.replace(good[-20:], bytes(20))),
        (damaged, patch(whole, (16, b"\0\0\0\0"))),  # its checksum
        (damaged, patch(whole, (24, b"\x10\0\0\0"))),  # its length
        (damaged, patch(whole, (42, b"\xff\xff\xff\x7f"))),  # where it is
        (damaged, patch(whole, (0, b"PK\1\3"))),
        (damaged, patch(whole, (20, b"\x80\0\0\0"))),  # its length as it is packed
        (unusual, patch(whole, (8, b"\1"))),
        (unusual, zipped("7_001.png", good, method=zipfile.ZIP_BZIP2)),
        ("one of its images is larger", patch(whole, (24, b"\xff\xff\xff\xff"))),
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
    for file, (said, _), found in zip(files, cases, told, strict=True):
        assert found.startswith(f"{file.name}: ")
        assert said in found, file.name
    assert not page.locator("#class").is_visible()
    lying = tmp_path / "\u202egnp.zip"
    lying.write_bytes(b"")
    choose(page, lying, *files[:10])
    assert refusals(page)[0].startswith("\u00b7gnp.zip: ")
    assert refusals(page)[8:] == ["Other files that were refused: 3."]


def bomb(size):
    """A digit that inflates to `size` bytes, and says that it has 784."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("7_001.png", packed)
    content = bytearray(target.getvalue())
    start = content.index(b"PK\1\2")
    content[start + 10] = zipfile.ZIP_DEFLATED
    content[start + 24 : start + 28] = (784).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("megabytes", "said"), [(200, "one of its images is larger"), (6, "the ZIP archive is damaged")]
)
def test_a_bomb_is_not_inflated(page, tmp_path, megabytes, said):
    (tmp_path / "bomb.zip").write_bytes(bomb(megabytes << 20))
    choose(page, tmp_path / "bomb.zip")
    assert said in refusals(page)[0]


def test_of_a_large_archive_only_the_set_is_read(page, mnist_set, tmp_path):
    files = digits(*(part[:300] for part in mnist_set[:2]))
    size = write_zip(tmp_path / "small.zip", files).stat().st_size
    large = tmp_path / "large.zip"
    with large.open("wb") as file:  # a gigabyte before it, which takes no room on the disk
        file.truncate(1 << 30)
    page.evaluate(_COUNT)
    choose(page, large)
    assert "no ZIP archive" in refusals(page)[0]
    with zipfile.ZipFile(large, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert large.stat().st_size > 1 << 30
    choose(page, large)
    assert refusals(page) == []
    assert "Digits: 300," in page.locator("#merge-told").text_content()
    assert 0 < page.evaluate("counted") < size + (1 << 20)


@pytest.mark.matrix
def test_no_more_digits_are_put_together_than_a_class_has(page, tmp_path):
    images, labels = mnist_cli.load_mnist("test")
    many = write_set(tmp_path / "many.zip", images[:9_999], labels[:9_999])
    more = write_set(tmp_path / "more.zip", images[:2], labels[:2])
    choose(page, many, more, timeout=200_000)
    said = "more.zip: with it there would be 10001 digits; at most 10000 are put together."
    assert refusals(page) == [said]
    correct = (mnist_cli.load_network().predict(images[:9_999]) == labels[:9_999]).sum()
    assert page.locator("#class-correct").text_content() == f"{correct} of 9999 correct"
