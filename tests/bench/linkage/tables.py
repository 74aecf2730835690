#!/usr/bin/env python3
"""Makes the tables of tests/bench-linkage: tables.py WORK VERSION NAME..., Markdown to standard output."""

import json
import os
import sys
import tomllib
from datetime import date
from pathlib import Path

from figures import Theirs, recall_by_kind, relatives_linked, rows

WORK, VERSION, NAMES = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
RUNS = {}
for line in (WORK / "results.jsonl").read_text(encoding="utf-8").splitlines():
    run = json.loads(line)
    RUNS[run["name"]] = run

# Kinds in the order of the table; two together are what tools lose most.
KINDS = [
    "none", "moved", "nickname", "spelling", "middle-name", "typo", "double-barrel", "surname-change", "day-month-swap",
    "date-typo", "blank-birth-date", "blank-forename", "blank-postcode", "twin", "moved+surname-change",
    "day-month-swap+moved", "moved+nickname", "moved+typo",
]


def table(header, lines):
    print("| " + " | ".join(header) + " |")
    print("|---|" + "---:|" * (len(header) - 1))
    for line in lines:
        print("| " + " | ".join(str(cell) for cell in line) + " |")
    print()


def share(value):
    return "-" if value is None else f"{value:.4f}"


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    print(f"{date.today():%-d %B %Y}. {os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory. {VERSION}.\n")


def cost(name, tool):
    run = RUNS.get(f"{name}/{tool}")
    return ["-"] * 3 if run is None else [f"{run['wall']:.2f}", f"{run['cpu']:.2f}", f"{run['peak_kib'] / 1024:,.0f}"]


machine()
accuracy, costs, estimates, kinds, relatives = [], [], [], {}, []
for name in NAMES:
    folder = WORK / name
    found = json.loads((folder / "out/evaluation.json").read_text(encoding="utf-8"))
    model = json.loads((folder / "out/model.json").read_text(encoding="utf-8"))
    inputs = [Path(source["file"]).stem for source in tomllib.loads((folder / "link.toml").read_text())["input"]]
    two = len(inputs) == 2
    at_default = found["links"] if two else found["clusters"]
    theirs = Theirs(folder, inputs) if (folder / "splink-pairs.csv").exists() else None
    accuracy.append([
        name, share(at_default["precision"]), share(at_default["recall"]), share(at_default["f1"]),
        share(found["b_cubed"]["f1"]), share(found["best"] and found["best"]["f1"]),
        share(found["recall_at_precision_0_999"]), found["out_of_reach"],
        share(theirs and theirs.f1(theirs.best())), share(theirs and theirs.strict()),
    ])
    costs.append([name, *cost(name, "sendlink"), *cost(name, "splink")])
    at = [line for line in found["estimates"] if line["threshold"] >= model["threshold"] - 1e-9][:1]
    for line in at:
        estimates.append([
            name, f"{line['threshold']:.1f}", share(line["estimated_precision"]), share(line["precision"]),
            share(line["estimated_recall"]), share(line["recall"]),
        ])
    if (folder / "relatives.csv").exists():
        ours = {(row["left_id"], row["right_id"]) for row in rows(folder / "out/pairs.csv")}
        kinds[name] = recall_by_kind(folder, ours)
        linked = relatives_linked(folder, ours)
        splink_linked = relatives_linked(folder, theirs.links()) if theirs else None
        relatives.append([
            name, linked["twin"], linked["sibling"],
            *(["-"] * 2 if splink_linked is None else [splink_linked["twin"], splink_linked["sibling"]]),
        ])
        if theirs:
            kinds[f"{name}, Splink"] = recall_by_kind(folder, theirs.links())

print("Links of two lists, clusters of one. Splink at the threshold that the truth picks.\n")
table(
    ["set", "precision", "recall", "F1", "B-cubed F1", "F1 at the best threshold", "recall at precision 0.999",
     "out of reach", "Splink: best F1", "Splink: recall at precision 0.999"],
    accuracy,
)
print("From CSV to written output.\n")
table(["set", "wall, s", "CPU, s", "peak, MiB", "Splink: wall, s", "CPU, s", "peak, MiB"], costs)
print("What the model expected at its threshold, and what is so.\n")
table(["set", "threshold, bits", "expected precision", "true", "expected recall", "true"], estimates)
if kinds:
    print("Recall by what was done to a pair, and to how many of the first set.\n")
    first = next(iter(kinds.values()))
    table(
        ["kind", "pairs", *kinds],
        [
            [kind.replace("+", " and "), first.get(kind, (0, 0))[1],
             *(share(of.get(kind, (None, 0))[0]) for of in kinds.values())]
            for kind in KINDS
        ],
    )
    print("Links between two who are not the same, but relatives.\n")
    table(["set", "twins", "siblings", "Splink: twins", "siblings"], relatives)
