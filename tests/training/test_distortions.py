"""Random distortions: what they keep, what they change, and by how much."""

import numpy as np
from scipy import ndimage

from mnist_cli.datasets.arrays import load_images
from mnist_cli.training.distortions import TILE, Distorter
from mnist_cli.training.recipes import Recipe

FULL = Recipe("r", "adamw", rotation=12, log_scale=0.12, shear=0.15, shift=1.5, elastic=1.2,
              thickness=0.5)  # fmt: skip
IMAGES = load_images()[:2000]


def in_order(images, recipe, strength=1.0):
    """The images distorted, each in its place: all come back, once."""
    distorted = np.empty((len(images), 784), np.float32)
    order = Distorter(images, recipe).distort(strength, np.random.default_rng(0), distorted)
    assert sorted(order) == list(range(len(images)))
    return distorted[np.argsort(order)].reshape(-1, 28, 28)


def centres(images):
    """The centre of mass of each image, (N, 2): row and column."""
    return np.array([ndimage.center_of_mass(image) for image in images])


def test_every_image_comes_back_once_in_range():
    for count in (1, TILE - 1, TILE, TILE + 1, 100):
        distorted = in_order(IMAGES[:count], FULL)
        assert 0 <= distorted.min() <= distorted.max() <= 1


def test_what_changes_nothing_is_exact_to_the_edge():
    plain = IMAGES.astype(np.float32) / 255
    assert np.allclose(in_order(IMAGES, FULL, strength=0.0), plain, atol=1e-6)
    assert np.allclose(in_order(IMAGES, Recipe("r", "adamw")), plain, atol=1e-6)
    ink = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    # A shift too small to see takes the long way that all warps take.
    assert np.allclose(in_order(ink, Recipe("r", "adamw", shift=1e-7)), ink / 255, atol=1e-4)


def test_a_shift_agrees_with_scipy():
    shifted = in_order(IMAGES[:TILE], Recipe("r", "adamw", shift=3.0))
    moved = (centres(shifted) - centres(IMAGES[:TILE] / 255)).mean(axis=0)
    expected = ndimage.shift(IMAGES[:TILE] / 255, (0, *moved), order=1, mode="grid-constant")
    assert np.abs(moved).max() > 0.5
    assert np.abs(shifted - expected).max() < 0.02


def test_a_rotation_agrees_with_scipy():
    # The generator that draws the angle draws it here once more.
    again = np.random.default_rng(0)
    again.permutation(TILE)
    angle = again.uniform(-30, 30, 1)[0]
    turned = in_order(IMAGES[:TILE], Recipe("r", "adamw", rotation=30.0))
    options = {"axes": (2, 1), "reshape": False, "order": 1, "mode": "grid-constant"}
    expected = ndimage.rotate(IMAGES[:TILE] / 255, -angle, **options)
    assert np.abs(turned - expected).max() < 0.02


def test_each_distortion_changes_images_in_proportion():
    for name, limit in [("log_scale", 0.3), ("shear", 0.4), ("elastic", 3.0)]:
        recipe = Recipe("r", "adamw", **{name: limit})
        bent = (in_order(IMAGES[:640], recipe, strength) for strength in (0.25, 1.0))
        small, large = (np.abs(distorted - IMAGES[:640] / 255) for distorted in bent)
        assert 0 < 1.5 * small.mean() < large.mean()


def test_thickness_adds_or_takes_ink_between_dilation_and_erosion():
    # Half a pixel off its grid, an image's four neighbours are a square of 2 x 2.
    changed = in_order(IMAGES, Recipe("r", "adamw", thickness=1.0))
    by_tile = (changed.sum(axis=(1, 2)) / (IMAGES / 255).sum(axis=(1, 2)))[:1984].reshape(-1, TILE)
    ratio = by_tile.mean(axis=1)  # of the ink, for each warp
    assert ratio.min() < 0.8
    assert ratio.max() > 1.2
    thickest = ndimage.grey_dilation(IMAGES / 255, size=(1, 3, 3), mode="constant")
    thinnest = ndimage.grey_erosion(IMAGES / 255, size=(1, 3, 3), mode="constant")
    assert np.all((changed <= thickest + 1e-6) & (changed >= thinnest - 1e-6))
