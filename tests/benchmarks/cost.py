"""What a command costs: `python cost.py COMMAND ...` prints its seconds and peak MiB as JSON.

A process of its own because the system counts the size of the process that starts a command into
the command's peak; this one is small.
"""

import json
import os
import sys
import time

start = time.perf_counter()
process = os.posix_spawn(
    sys.argv[1],
    sys.argv[1:],
    os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
)
_, status, usage = os.wait4(process, 0)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, elsewhere in KiB
print(json.dumps([seconds, usage.ru_maxrss * unit / 2**20]))
sys.exit(os.waitstatus_to_exitcode(status))
