#!/usr/bin/env python3
"""Makes folders to link of the public sets: sets.py SETS WORK. Prints their names.

FEBRL 3 and 4 (Freely Extensible Biomedical Record Linkage, Australian National University) have made-up people and
damaged duplicates of them; two rows are the same where their ids have the same `rec-N` stem. fake_1000 comes with
Splink; its column `cluster` is the truth. Columns are declared as anybody would who has read their headings.
"""

import csv
import sys
from pathlib import Path

SETS, WORK = Path(sys.argv[1]), Path(sys.argv[2])

FEBRL = {
    "given_name": '{ kind = "name", same_as = "surname" }',
    "surname": '"name"',
    "street_number": '"code"',
    "address_1": '"text"',
    "address_2": '"text"',
    "suburb": '"text"',
    "postcode": '"postcode"',
    "state": '"code"',
    "date_of_birth": '"date"',
    "soc_sec_id": '"code"',
}
FAKE = {
    "first_name": '{ kind = "name", same_as = "surname" }',
    "surname": '"name"',
    "dob": '"date"',
    "city": '"text"',
    "email": '"text"',
}


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [{key.strip(): value.strip() for key, value in row.items()} for row in csv.DictReader(file)]


def folder(name, inputs, columns, entity, one_to_one):
    """A folder with inputs (name, file, heading of the id), link.toml and truth.csv."""
    place = WORK / name
    place.mkdir()
    plan, truth = [], [("input", "id", "entity")]
    for label, file, key in inputs:
        (place / f"{label}.csv").write_bytes((SETS / file).read_bytes())
        plan.append(f'[[input]]\nfile = "{label}.csv"\nid = "{key}"\n')
        truth.extend((label, row[key], entity(row)) for row in rows(SETS / file))
    plan.append("[columns]\n" + "".join(f"{column} = {kind}\n" for column, kind in columns.items()))
    if one_to_one:
        plan.append("[link]\none_to_one = true\n")
    outputs = {"pairs": "csv", "clusters": "csv", "model": "json", "report": "html"}
    plan.append("[output]\n" + "".join(f'{what} = "out/{what}.{end}"\n' for what, end in outputs.items()))
    (place / "link.toml").write_text("\n".join(plan), encoding="utf-8")
    with open(place / "truth.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(truth)
    print(name)


def stem(row):
    return row["rec_id"].split("-")[1]


folder("febrl3", [("people", "dataset3.csv", "rec_id")], FEBRL, stem, False)
folder("febrl4", [("left", "dataset4a.csv", "rec_id"), ("right", "dataset4b.csv", "rec_id")], FEBRL, stem, True)
folder("fake_1000", [("people", "fake_1000.csv", "unique_id")], FAKE, lambda row: row["cluster"], False)
