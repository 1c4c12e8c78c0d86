"""Pictures of a film in few colours, as a GIF has them."""

import numpy as np
from PIL import Image

_COLOURS = 128
_GROUNDS = 16  # of those: the ones that cover most


def in_few_colours(picture: Image.Image) -> Image.Image:
    """The same with a table of colours, in which small marks keep theirs.

    Colours share the table by the roots of their pixels: by the pixels themselves those
    of a surface would leave none to a few points on it. Grounds keep theirs exactly.
    """
    place = np.array([1 << 16, 1 << 8, 1])
    found = np.asarray(picture) @ place
    colours, which, count = np.unique(found, return_inverse=True, return_counts=True)
    rgb = colours[:, None] // place % 256
    grounds = rgb[np.argsort(-count)[:_GROUNDS]]
    # Alike in 5 of 8 bits is one colour: a mean of them stands for all.
    _, kind = np.unique((rgb >> 3) @ place, return_inverse=True)
    weight = np.bincount(kind, weights=count)
    sums = [np.bincount(kind, weights=rgb[:, k] * count) for k in range(3)]
    means = np.rint(np.stack(sums, axis=1) / weight[:, None]).astype(np.uint8)
    few = np.repeat(means, np.ceil(np.sqrt(weight)).astype(int), axis=0)
    drawn = Image.fromarray(few[None]).quantize(_COLOURS - _GROUNDS, kmeans=1)
    table = np.array(drawn.getpalette(), dtype=int).reshape(-1, 3)
    table = np.concatenate([grounds, table])
    # Pillow looks colours up by 6 of 8 bits: white paper would turn grey.
    nearest = ((table**2).sum(axis=1) - 2.0 * rgb @ table.T).argmin(axis=1)
    reduced = Image.fromarray(nearest[which].reshape(found.shape).astype(np.uint8))
    reduced.putpalette(table.astype(np.uint8).tobytes())
    return reduced
