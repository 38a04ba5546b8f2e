"""What each command costs with nets that cost most: `python tests/benchmarks/large.py`.

Prints a table of processor seconds and peak MiB, or `refused`; what breaks the promise is marked.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import large

with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    large.make_nets(folder)
    print(f"{'':84}" + "".join(f"{net:>22}" for net in large.SIZES))
    for command in large.COMMANDS:
        cells = []
        for net in large.SIZES:
            found = large.cost(folder, command, net)
            end = "done" if found.code == 0 else "refused"
            mark = "" if found.is_kept else " !"
            cells.append(f"{end} {found.seconds:5.1f} s {found.megabytes:4.0f} MB{mark}")
        shown = command.replace(str(large.DOCS), "docs")
        print(f"{shown:84}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
