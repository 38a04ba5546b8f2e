"""Valid files in which a few bytes were exchanged, added or taken away."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def mutated(draw, files):
    """One of the files, changed at one to four bytes that are not zero.

    Where the values of a file are zeros, all that is not zero is its structure.
    """
    content = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 4))):
        places = np.flatnonzero(np.frombuffer(content, np.uint8))
        place = draw(st.sampled_from(places.tolist() or [0]))
        content[place : place + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(content)
