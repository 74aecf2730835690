#!/usr/bin/env python3
"""Runs a command and writes down what it cost: a line of JSON at the end of a file.

    measure.py RESULTS NAME [--ok CODE,CODE] [--stdout FILE] [--stderr FILE] [--stdin FILE] -- COMMAND...

Wall seconds, CPU seconds of the command (and of what it waited for), and its peak memory in KiB, as the kernel counts
them. A database server that the command talks to is not its child, and is not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("name")
    parser.add_argument("--ok", default="0", help="exit codes that are no failure")
    for stream in ("stdin", "stdout", "stderr"):
        parser.add_argument(f"--{stream}", default=None)
    mark = sys.argv.index("--")
    options = parser.parse_args(sys.argv[1:mark])

    os.sync()  # what others have written must not be waited for here
    streams = {
        "stdin": open(options.stdin or os.devnull, "rb"),
        "stdout": open(options.stdout or os.devnull, "wb"),
        "stderr": open(options.stderr, "wb") if options.stderr else None,
    }
    begun = time.perf_counter()
    child = subprocess.Popen(sys.argv[mark + 1 :], **streams)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    with open(options.results, "a", encoding="utf-8") as results:
        measured = {
            "what": "run",
            "name": options.name,
            "exit": code,
            "wall": wall,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak_kib": usage.ru_maxrss,
        }
        results.write(json.dumps(measured) + "\n")
    if code not in [int(ok) for ok in options.ok.split(",")]:
        print(f"{options.name}: ended with {code}", file=sys.stderr)
        if options.stderr:
            with open(options.stderr, encoding="utf-8", errors="replace") as log:
                sys.stderr.writelines(log.readlines()[-20:])
        sys.exit(1)
    print(f"   {options.name}: {wall:.2f} s, CPU {measured['cpu']:.2f} s, peak {measured['peak_kib'] / 1024:.0f} MiB")


main()
