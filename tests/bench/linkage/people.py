#!/usr/bin/env python3
"""Makes folders to link of the people whom pseudopeople simulates: people.py WORK. Prints their names.

pseudopeople (Institute for Health Metrics and Evaluation) comes with some 10,000 people of one town, followed over
years: families, homes where strangers live, marriages and moves, and forms filled in with the slips of surveys. Linked
are two censuses ten years apart, as two lists and as one, and a census with the social security's list. `noisy` has
five times the slips. Columns are declared as anybody would who has read their headings.
"""

import csv
import logging
import re
import sys
from pathlib import Path

# This folder has a module with the name of one that it needs.
sys.path.pop(0)
import pseudopeople  # noqa: E402

WORK = Path(sys.argv[1])
SLIPS = 5

WHO = {
    "first_name": '{ kind = "name", same_as = "last_name" }',
    "last_name": '"name"',
    "date_of_birth": '"date"',
    "sex": '"code"',
}
WHERE = {"middle_initial": '"code"', "street_number": '"code"', "street_name": '"text"'}


def oftener(name, times):
    """The configuration of a form, with every slip of a cell so many times as likely."""
    slips = {
        column: {
            kind: {"cell_probability": min(0.2, times * said["cell_probability"])}
            for kind, said in kinds.items()
            if isinstance(said.get("cell_probability"), float)
        }
        for column, kinds in pseudopeople.get_config()[name]["column_noise"].items()
    }
    return {name: {"column_noise": slips}}


def dated(text):
    """A date as the two forms write it, year first."""
    written = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text)
    if written:
        return "{2}-{0}-{1}".format(*written.groups())
    written = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text)
    return "-".join(written.groups()) if written else text


def people(frame, mark, columns):
    """Rows of a form: an id, who it is, and the columns as text."""
    for number, row in enumerate(frame.to_dict("records")):
        cells = {column: "" if row[column] != row[column] else str(row[column]) for column in columns}
        cells["date_of_birth"] = dated(cells["date_of_birth"])
        yield {"id": f"{mark}{number}", **cells}, row["simulant_id"]


def folder(name, lists, columns):
    """A folder with a file of each list, link.toml and truth.csv."""
    place = WORK / name
    place.mkdir()
    plan, truth = [], [("input", "id", "entity")]
    for label, rows in lists.items():
        with open(place / f"{label}.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, ["id", *columns])
            table.writeheader()
            for cells, entity in rows:
                table.writerow(cells)
                truth.append((label, cells["id"], entity))
        plan.append(f'[[input]]\nfile = "{label}.csv"\nid = "id"\n')
    plan.append("[columns]\n" + "".join(f"{column} = {kind}\n" for column, kind in columns.items()))
    if len(lists) == 2:
        plan.append("[link]\none_to_one = true\n")
    outputs = {"pairs": "csv", "clusters": "csv", "model": "json", "report": "html"}
    plan.append("[output]\n" + "".join(f'{what} = "out/{what}.{end}"\n' for what, end in outputs.items()))
    (place / "link.toml").write_text("\n".join(plan), encoding="utf-8")
    with open(place / "truth.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(truth)
    print(name)


logging.disable()
for times, tag in ((1, ""), (SLIPS, "-noisy")):
    census = oftener("decennial_census", times)
    before, after = (pseudopeople.generate_decennial_census(year=year, config=census) for year in (2020, 2030))
    insured = pseudopeople.generate_social_security(year=2020, config=oftener("social_security", times))
    insured = insured[insured["event_type"] == "creation"]
    whole = {**WHO, **WHERE}
    folder(
        f"people-censuses{tag}",
        {"left": list(people(before, "A", whole)), "right": list(people(after, "B", whole))},
        whole,
    )
    folder(
        f"people-one-list{tag}",
        {"people": [*people(before, "A", whole), *people(after, "B", whole)]},
        whole,
    )
    folder(
        f"people-insured{tag}",
        {"left": list(people(before, "A", WHO)), "right": list(people(insured, "S", WHO))},
        WHO,
    )
