#!/usr/bin/env python3
"""Makes the tables of tests/bench-mesh: tables.py WORK RUSTC VERSIONS, Markdown to standard output."""

import json
import os
import statistics
import sys
from datetime import date
from pathlib import Path

WORK, RUSTC, VERSIONS = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
RUNS, SAID = {}, {}
for line in (WORK / "results.jsonl").read_text(encoding="utf-8").splitlines():
    one = json.loads(line)
    (SAID if one["what"] == "said" else RUNS)[one["name"]] = one
ROUNDS = sorted({int(name.rsplit("/", 1)[1]) for name in RUNS})
CLIENTS = ["sendlink", "mesh-client"]


def table(header, lines):
    print("| " + " | ".join(header) + " |")
    print("|---|" + "---:|" * (len(header) - 1))
    for line in lines:
        print("| " + " | ".join(str(cell) for cell in line) + " |")
    print()


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    small, large = SAID[f"sendlink/small/{ROUNDS[0]}"], SAID[f"sendlink/large/{ROUNDS[0]}"]
    print(
        f"{date.today():%-d %B %Y}. {os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory. sendlink built by "
        f"rustc {RUSTC}; {VERSIONS}. {small['messages']:,} messages of {small['bytes'] // small['messages']:,} bytes; "
        f"one of {large['bytes'] / 1e6:,.0f} MB in parts of 75 MiB; {len(ROUNDS)} rounds.\n"
    )


def spent(client, what, measure, round_):
    """What a run took, without what starting and looking into an empty mailbox takes."""
    whole, start = (RUNS[f"{client}/{kind}/{round_}"][measure] for kind in (what, "none"))
    return max(whole - start, 1e-6)


def peak(client, what, round_):
    return SAID[f"{client}/{what}/{round_}"]["peak_kib"] / 1024


def median(figure):
    return statistics.median(figure(round_) for round_ in ROUNDS)


def messages(round_):
    return SAID[f"sendlink/small/{round_}"]["messages"]


def megabytes(round_):
    return SAID[f"sendlink/large/{round_}"]["bytes"] / 1e6


def cpu_a_message(client, round_):
    """In milliseconds."""
    return 1000 * spent(client, "small", "cpu", round_) / messages(round_)


machine()
print("Medians of the rounds.\n")
table(
    ["", "messages/s", "CPU a message, ms", "MB/s", "CPU of the large one, s", "starting: CPU, s",
     "peak MiB: empty", "small messages", "the large one"],
    [
        [
            client,
            f"{median(lambda r, c=client: messages(r) / spent(c, 'small', 'wall', r)):,.0f}",
            f"{median(lambda r, c=client: cpu_a_message(c, r)):.3f}",
            f"{median(lambda r, c=client: megabytes(r) / spent(c, 'large', 'wall', r)):,.0f}",
            f"{median(lambda r, c=client: spent(c, 'large', 'cpu', r)):.2f}",
            f"{median(lambda r, c=client: RUNS[f'{c}/none/{r}']['cpu']):.2f}",
            *(f"{median(lambda r, c=client, k=kind: peak(c, k, r)):.1f}" for kind in ("none", "small", "large")),
        ]
        for client in CLIENTS
    ],
)
print("Of mesh-client's, in the same round.\n")


def ratios(name, figure):
    ours, theirs = ([figure(client, round_) for round_ in ROUNDS] for client in CLIENTS)
    of_rounds = [our / their for our, their in zip(ours, theirs)]
    return [name, *(f"1/{1 / ratio:.1f}" for ratio in of_rounds)]


table(
    ["", *(f"round {round_}" for round_ in ROUNDS)],
    [
        ratios("CPU a message", cpu_a_message),
        ratios("seconds a message", lambda client, round_: spent(client, "small", "wall", round_)),
        ratios("CPU of the large one", lambda client, round_: spent(client, "large", "cpu", round_)),
        ratios("seconds of the large one", lambda client, round_: spent(client, "large", "wall", round_)),
        ratios("peak memory, small messages", lambda client, round_: peak(client, "small", round_)),
        ratios("peak memory, the large one", lambda client, round_: peak(client, "large", round_)),
    ],
)
more = median(lambda round_: peak("sendlink", "large", round_) - peak("sendlink", "small", round_))
share = median(lambda round_: cpu_a_message("sendlink", round_) / cpu_a_message("mesh-client", round_))
table(
    ["aim", "wanted", "reached", "met"],
    [
        ["CPU a message, beside mesh-client", "a fifth at most", f"{share:.3f}", "yes" if share <= 0.2 else "**no**"],
        ["memory of the large one, beyond the small ones", "8 MiB at most", f"{more:+.1f} MiB",
         "yes" if more <= 8 else "**no**"],
    ],
)
