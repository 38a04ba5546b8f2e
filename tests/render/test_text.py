"""Lines of spans: what they look like on each surface, and what never gets through."""

import io
import sys
from dataclasses import replace
from itertools import product

import numpy as np
from rich.cells import cell_len

from mnist_cli import load_images
from mnist_cli.render.export import write_export
from mnist_cli.render.layout import bar, beside, duration, table, tiled
from mnist_cli.render.pictures import legend, picture, scale, signed_picture, strip
from mnist_cli.render.text import Surface, drawing_on, length, line, plain, shortened, show
from mnist_cli.render.views.train import draw_curve

COLOURED, BLOCKS, ASCII = Surface(True, True), Surface(False, True), Surface(False, False)
SURFACES = [COLOURED, BLOCKS, ASCII]


def text_of(lines):
    return plain(lines).splitlines()


def test_control_characters_are_escaped_and_markup_and_emoji_codes_are_text(tmp_path, capsys):
    view = [line("a\x1b[31m two\nlines \x07 \u202e \udcff \x9b1m")]
    view += [line(("[bold]x[/bold] :smile: http://a 1.5 & <b>", "bold"))]
    show(view)
    escaped, marked_up = capsys.readouterr().out.splitlines()
    assert escaped.isprintable()
    assert marked_up == "[bold]x[/bold] :smile: http://a 1.5 & <b>"
    write_export(tmp_path / "a.html", lambda: view)
    kept = (tmp_path / "a.html").read_text("utf-8")
    assert "[bold]x[/bold] :smile: http://a 1.5 &amp; &lt;b&gt;" in kept


def test_tables_tiles_and_blocks_are_aligned():
    rows = [["a", ("1", "bold")], ["bcd", "23456"]]
    assert text_of(table(["x", ">n"], rows)) == ["x        n", "a        1", "bcd  23456"]
    tiles = [[line("ab"), line("c")], [line("d")], [line("efg")]]
    assert text_of(tiled(tiles, 8)) == ["ab   d", "c", "", "efg"]
    assert text_of(tiled(tiles, 1)) == ["ab", "c", "", "d", "", "efg"]
    left, right = [line("a"), line("bcd")], [line("1"), line("2"), line("3")]
    assert text_of(beside(left, right, gap="|")) == ["a  |1", "bcd|2", "   |3"]


def test_a_name_that_is_too_long_loses_its_middle():
    names = ("a-long-name-of-a-picture.png", "긴-이름을-가진-그림-파일.png")
    for name, surface in product(names, (BLOCKS, ASCII)):
        with drawing_on(surface):
            for limit in range(5, 28):
                cut = shortened(name, limit)
                assert limit - 2 <= cell_len(cut) <= limit
                assert cut.endswith(name[-2:])
            assert shortened(name, cell_len(name)) == shortened(name, None) == name
        with drawing_on(replace(surface, width=20)):
            (_, row) = table(["n", ">x"], [[name, "1"]])
        assert length(row) == 20


def test_a_table_that_is_too_wide_loses_its_last_columns():
    head, rows = ["a", ">b", "c"], [["x" * 30, "y" * 9, "z" * 9]]
    for limit, expected, kept in ((60, 52, "abc"), (40, 40, "abc"), (29, 29, "ab"), (20, 27, "ab")):
        with drawing_on(replace(BLOCKS, width=limit)):
            first, second = table(head, rows, 2)
        assert (length(second), "".join(plain([first]).split())) == (expected, kept)


def test_a_bar_is_as_long_as_its_fraction_and_never_longer_than_its_width():
    for fraction, surface in product((0, 0.001, 0.33, 0.5, 0.999, 1), SURFACES):
        with drawing_on(surface):
            spans = bar(fraction, 20)
        assert length(spans) == 20
        assert abs(len(spans[0][0]) - 20 * fraction) <= 1


def test_a_curve_goes_from_high_to_low_and_is_never_too_wide():
    falling = list(np.geomspace(1.0, 0.01, 600))
    assert draw_curve(falling, width=8) == "▇▆▅▄▄▃▂▁"
    assert (draw_curve([0.5]), draw_curve([0.0, 0.0]), len(draw_curve(falling))) == ("▁", "▁▁", 48)
    with drawing_on(ASCII):
        assert draw_curve(falling, width=8).isascii()


def test_a_duration_has_the_unit_that_suits_it():
    times = {2.5e-5: "25 us", 0.0149: "14.9 ms", 1.234: "1.23 s", 59: "59.0 s", 149.1: "2 min 29 s"}
    assert [duration(each) for each in times] == list(times.values())


def test_a_picture_shows_each_pixel_in_its_grey():
    image = load_images()[0]
    with drawing_on(COLOURED):
        rows = picture(image)
    assert len(rows) == 14
    for number, row in enumerate(rows):
        assert "".join(text for text, _ in row) == "▀" * 28
        styles = [style for text, style in row for _ in text]
        for column, style in enumerate(styles):
            top, low = image[2 * number, column], image[2 * number + 1, column]
            assert style == f"#{top:02x}{top:02x}{top:02x} on #{low:02x}{low:02x}{low:02x}"


def test_a_picture_without_colour_has_ink_where_the_image_has():
    image = np.zeros((4, 3), np.uint8)
    image[0, 0] = image[1, 1] = image[2, 2] = image[3, 2] = 255
    with drawing_on(BLOCKS):
        assert text_of(picture(image)) == ["▀▄", "  █"]
    with drawing_on(ASCII):
        rows = text_of(picture(image))
    assert rows[0].isascii()
    assert [[char != " " for char in row] for row in rows] == [[True] * 2, [False, False, True]]


def test_signs_or_blue_and_orange_show_what_is_above_and_below_zero():
    values = np.repeat([[1.0, 0.3, 0.0, -0.3, -1.0]], 2, axis=0)
    for surface in (BLOCKS, ASCII):
        with drawing_on(surface):
            assert text_of(signed_picture(values, 1)) == ["#+ -="]
    with drawing_on(COLOURED):  # a blue and an orange that every eye tells apart
        (row,) = signed_picture(values[:, [0, -1]], 1)
    assert [style[:7] for _, style in row] == ["#409cff", "#ff8c00"]


def test_legends_and_scales_name_what_signs_and_colours_mean():
    for surface in SURFACES:
        with drawing_on(surface):
            assert [row[-4:] for row in text_of(legend("more", "less"))] == ["more", "less"]
            assert len(signed_picture(np.zeros((28, 28)), 0)) == 14  # no ink at all, too
            text = " ".join(text_of(scale(0.5)))
        expected = ["-0.5000", "+0.5000"] if surface.color else ["- below -0.0750", "# above 0.25"]
        assert all(number in text for number in expected)


def test_a_strip_fits_and_goes_from_dark_to_bright():
    for count, surface in product((1, 10, 50, 100, 784), SURFACES):
        with drawing_on(surface):
            spans = strip(np.linspace(-3, 5, count), 50)
        assert 1 <= length(spans) <= 50
        if surface == COLOURED and 1 < count <= 50:
            assert (spans[0][1], spans[-1][1]) == ("on #000000", "on #e1e1e1")


def test_an_export_has_colours_on_any_terminal_unless_none_are_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    coloured, again, plainly = (tmp_path / name for name in ("a.svg", "b.svg", "c.svg"))
    for path in (coloured, again):
        write_export(path, lambda: picture(load_images()[0]))
    monkeypatch.setenv("NO_COLOR", "1")
    write_export(plainly, lambda: picture(load_images()[0]))
    assert coloured.read_bytes() == again.read_bytes()
    assert "#fefefe" in coloured.read_text("utf-8")
    assert "#fefefe" not in plainly.read_text("utf-8")
    assert "█" in plainly.read_text("utf-8")
