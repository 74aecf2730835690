#!/usr/bin/env python3
"""Makes the tables of tests/bench-night from what it measured: tables.py WORK, Markdown to standard output."""

import json
import os
import sys
from datetime import date
from pathlib import Path

WORK = Path(sys.argv[1])
LINES = [json.loads(line) for line in (WORK / "results.jsonl").read_text(encoding="utf-8").splitlines()]
FACTS = {line["name"]: line["value"] for line in LINES if line["what"] == "fact"}
RUNS = {line["name"]: line for line in LINES if line["what"] == "run"}
RAW_ROWS, RECORDS = int(FACTS["raw-rows"]), int(FACTS["records"])
MIB, GIB = 1 << 20, 1 << 30
STAGES = ["lock", "fetch", "load", "link", "publish", "report", "settle"]


def of(what):
    return [line for line in LINES if line["what"] == what]


def table(header, rows):
    """A table with its text columns to the left and its figures to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    print("| " + " | ".join(header) + " |")
    print("|---|" + "---:|" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def count(number):
    return f"{number:,.0f}"


def seconds(number):
    return f"{number:.2f}" if number < 100 else f"{number:.0f}"


def mib(bytes_):
    return f"{bytes_ / MIB:,.0f}"


def mb_a_second(bytes_, taken):
    return f"{bytes_ / taken / 1e6:,.0f}" if taken else "-"


# --- The machine and the area -----------------------------------------------------------------------------------------


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    print(
        f"{date.today():%-d %B %Y}. {os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory, work folder on "
        f"{FACTS['disk']}. {FACTS['program']}, built by rustc {FACTS['rustc']}; PostgreSQL {FACTS['postgres']} with "
        f"fsync, by its socket; sqlite3 {FACTS['sqlite3']}"
        + (f"; Python {FACTS['python']} with {FACTS['packages']}" if "python" in FACTS else "")
        + ".\n"
    )
    parsed = of("parse")
    files, size = sum(line["files"] for line in parsed), sum(line["bytes"] for line in parsed)
    print(
        f"The area: {count(int(FACTS['made-for']))} children asked for, {count(files)} files of {mib(size)} MiB, "
        f"{count(RAW_ROWS)} raw rows, {count(RECORDS)} current records, {count(int(FACTS['children']))} children in "
        "the dataset.\n"
    )


# --- The nights -------------------------------------------------------------------------------------------------------


def stages(name):
    """Seconds by stage, from the program's own log."""
    found = {}
    for line in (WORK / f"{name}.log").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line).get("fields", {})
        if fields.get("message") == "A stage ends.":
            found[fields["stage"]] = fields["seconds"]
    return found


def published(name):
    first = (WORK / f"{name}.txt").read_text(encoding="utf-8").splitlines()[0]
    return first.rsplit(" ", 1)[-1]


def plain_ways():
    """Seconds of the plain script by each way of writing: what all share, and the one way."""
    found = {line["stage"]: line["seconds"] for line in of("plain-stage")}
    shared = sum(taken for stage, taken in found.items() if not stage.startswith("write"))
    started = RUNS["plain"]["wall"] - sum(found.values()) if "plain" in RUNS else 0
    writes = {stage.removeprefix("write to "): taken for stage, taken in found.items() if stage.startswith("write")}
    return {way: started + shared + taken for way, taken in writes.items()}


def nights():
    print("### The night\n")
    rows = []
    for name, title in (
        ("sqlite-first", "sendlink, SQLite"),
        ("postgres-first", "sendlink, PostgreSQL"),
        ("sqlite-second", "the night after, SQLite"),
        ("postgres-second", "the night after, PostgreSQL"),
    ):
        run = RUNS[name]
        first = name.endswith("first")
        size = FACTS[name.removesuffix("-first") + "-bytes"] if first else None
        rows.append(
            [
                title,
                seconds(run["wall"]),
                seconds(run["cpu"]),
                mib(run["peak_kib"] * 1024),
                count(RECORDS / run["wall"]) if first else "",
                count(RAW_ROWS / run["wall"]) if first else "",
                mib(int(size)) if size else "",
            ]
        )
    if "plain" in RUNS:
        run, records = RUNS["plain"], next(line["records"] for line in of("plain-stage") if "records" in line)
        for way, wall in plain_ways().items():
            rows.append([f"plain script, {way}", seconds(wall), "", "", count(records / wall), "", ""])
        rows.append(
            [
                "plain script, all three ways",
                seconds(run["wall"]),
                seconds(run["cpu"]),
                mib(run["peak_kib"] * 1024),
                "",
                "",
                "",
            ]
        )
    table(["", "wall s", "CPU s", "peak MiB", "records/s", "raw rows/s", "database MiB"], rows)
    one, other = published("sqlite-first"), published("postgres-first")
    verdict = "the same" if one == other else "**NOT the same**"
    print(f"Published on SQLite: `{one}`; on PostgreSQL: `{other}`; {verdict}.\n")
    if "plain" in RUNS:
        shared = [f"{line['stage']} {seconds(line['seconds'])} s" for line in of("plain-stage")]
        print(
            f"The plain script held {count(records)} records ({records / RECORDS:.0%} of ours): {', '.join(shared)}.\n"
        )
    else:
        print("The plain script was left out (`--without-plain`).\n")

    names = ("sqlite-first", "postgres-first", "sqlite-second", "postgres-second")
    by_night = [stages(name) for name in names]
    # Stages that this list does not know come last, rather than being left out.
    listed = STAGES + sorted({stage for found in by_night for stage in found} - set(STAGES))
    rows = []
    for stage in listed:
        row = [stage]
        for found in by_night:
            total = sum(found.values()) or 1
            row += [seconds(found.get(stage, 0)), f"{found.get(stage, 0) / total:.0%}"]
        rows.append(row)
    header = [
        "stage",
        "SQLite s",
        "share",
        "PostgreSQL s",
        "share",
        "night after, SQLite s",
        "share",
        "night after, PostgreSQL s",
        "share",
    ]
    table(header, rows)


# --- Parsing, encoding, loading ---------------------------------------------------------------------------------------


def parsing():
    print("### Parsing, MB a second of CPU\n")
    rows = []
    for line in of("parse"):
        size = line["bytes"]
        rows.append(
            [
                line["feed"],
                line["format"],
                f"{size / 1e6:,.1f}",
                count(line["rows"]),
                mb_a_second(size, line["ours"]),
                mb_a_second(size, line["csv_borrowed"]),
                mb_a_second(size, line["csv_owned"]),
                mb_a_second(size, line["xml_events"]),
            ]
        )
    table(["feed", "format", "MB", "rows", "our connector", "csv, borrowed", "csv, owned", "quick-xml events"], rows)


def parse_totals(form):
    """Bytes a second of ours and of the bare loops, over all files of one format."""
    lines = [line for line in of("parse") if line["format"] == form]
    size = sum(line["bytes"] for line in lines)
    loops = ("ours", "csv_borrowed", "csv_owned") if form == "csv" else ("ours", "xml_events")
    return {loop: size / sum(line[loop] for line in lines) for loop in loops} if lines else {}


def encoding():
    print("### Encoding, a second of CPU\n")
    (hmac,) = of("hmac")
    rows = [["HMAC-SHA-256 of 20 bytes, key set up", "", count(hmac["per_second"]), "1"]]
    for line in of("encode"):
        rows.append(
            [
                f"tokens and vectors of a record: {line['kind']}",
                count(line["sample"]),
                count(line["per_second"]),
                f"1/{hmac['per_second'] / line['per_second']:.1f}",
            ]
        )
    for line in of("encode-whole"):
        rows.append(
            [
                "with record id, hash of the content and seal",
                count(line["sample"]),
                count(line["per_second"]),
                f"1/{hmac['per_second'] / line['per_second']:.1f}",
            ]
        )
    table(["", "records in the sample", "a second", "of an HMAC's rate"], rows)


def loading():
    print("### Loading\n")
    rows = []
    for line in of("rows"):
        name = line["set"]
        for run, title in (
            (f"sqlite-import-{name}", "`.import` by sqlite3"),
            (f"sqlite-insert-{name}", "`insert … select` by sqlite3"),
            (f"postgres-copy-{name}", "`\\copy` by psql"),
        ):
            taken = RUNS[run]["wall"]
            rows.append(
                [
                    f"{name}: {title}",
                    count(line["rows"]),
                    f"{line['bytes'] / 1e6:,.1f}",
                    seconds(taken),
                    count(line["rows"] / taken),
                ]
            )
    table(["rows of the finished dataset", "rows", "MB as CSV", "wall s", "rows/s"], rows)


def aims():
    print("### Aims\n")
    rows = []

    def aim(what, wanted, reached, yardstick, ratio, met):
        rows.append([what, wanted, reached, yardstick, ratio, "yes" if met else "**no**"])

    csv_, xml = parse_totals("csv"), parse_totals("xml")
    for ours, loop, title in (
        (csv_, "csv_borrowed", "parsing CSV, beside `csv` borrowed"),
        (csv_, "csv_owned", "parsing CSV, beside `csv` owned"),
        (xml, "xml_events", "parsing XML, beside quick-xml events"),
    ):
        if ours:
            ratio = ours["ours"] / ours[loop]
            aim(
                title,
                "at least half",
                f"{ours['ours'] / 1e6:,.0f} MB/s",
                f"{ours[loop] / 1e6:,.0f} MB/s",
                f"{ratio:.2f}",
                ratio >= 0.5,
            )

    per_second = next(line["per_second"] for line in of("encode") if line["kind"] == "all")
    hmac = of("hmac")[0]["per_second"]
    aim(
        "encoding, records/s/core",
        "500,000",
        count(per_second),
        f"{count(hmac)} HMAC/s",
        f"{per_second / hmac:.3f}",
        per_second >= 500_000,
    )

    for name, title, tool in (("sqlite", "SQLite", "import"), ("postgres", "PostgreSQL", "copy")):
        found = stages(f"{name}-first")
        load, publish = found.get("load", 0), found.get("publish", 0)
        vault, joint = (RUNS[f"{name}-{tool}-{rows}"]["wall"] for rows in ("vault", "joint"))
        raw = vault + joint
        taken = load + publish
        ratio = raw / taken if taken else float("inf")
        aim(
            f"stages load and publish, {title}",
            "at least half",
            f"{seconds(taken)} s",
            f"{seconds(raw)} s by {tool}",
            f"{ratio:.2f}",
            ratio >= 0.5,
        )

    for name, title in (("sqlite-first", "SQLite"), ("postgres-first", "PostgreSQL")):
        run = RUNS[name]
        plain = [wall for way, wall in plain_ways().items() if title in way]
        best = min(plain) if plain else None
        beside = f"{seconds(best)} s by the plain script" if best else "-"
        aim(
            f"the night, {title}",
            "under 20 s",
            f"{seconds(run['wall'])} s",
            beside,
            f"{best / run['wall']:.2f}" if best else "-",
            run["wall"] < 20,
        )
        peak = run["peak_kib"] * 1024
        beside = f"{RUNS['plain']['peak_kib'] * 1024 / GIB:.2f} GiB by the plain script" if plain else "-"
        ratio = f"{RUNS['plain']['peak_kib'] * 1024 / peak:.2f}" if plain else "-"
        aim(f"its peak memory, {title}", "under 1.5 GiB", f"{peak / GIB:.2f} GiB", beside, ratio, peak < 1.5 * GIB)
    table(["aim", "wanted", "reached", "yardstick", "ratio", "met"], rows)
    print(
        f"Reading alone (`run --dry-run`) took {seconds(RUNS['dry-run']['wall'])} s. A ratio over 1 means faster, or "
        "smaller, than the yardstick."
    )
    if RECORDS < 900_000:
        print(f"\n**This area has {count(RECORDS)} records: the aims are set for a million.**")


machine()
nights()
parsing()
encoding()
loading()
aims()
