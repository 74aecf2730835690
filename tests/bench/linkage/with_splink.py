#!/usr/bin/env python3
"""Links a folder of tests/bench-linkage with Splink on DuckDB, on clear text: with_splink.py FOLDER.

A model as Splink's own guides build one: a comparison from its library for each kind of column, with term frequencies
where it has them; blocking on single columns where that is cheap, and on pairs of columns; u from random pairs, m by
expectation maximisation over three rules. Writes every pair that it scored above a match weight of -20 to
splink-pairs.csv, so that the truth can pick its best threshold.
"""

import itertools
import sys
import tomllib
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FOLDER = Path(sys.argv[1])
PLAN = tomllib.loads((FOLDER / "link.toml").read_text(encoding="utf-8"))
KINDS = {name: said if isinstance(said, str) else said["kind"] for name, said in PLAN["columns"].items()}
connection = duckdb.connect()


def cleaned(column, kind):
    text = f"nullif(trim({column}), '')"
    if kind == "date":
        compact = f"regexp_matches({text}, '^[0-9]{{8}}$')"
        dashed = f"substr({text}, 1, 4) || '-' || substr({text}, 5, 2) || '-' || substr({text}, 7, 2)"
        return f"case when {compact} then {dashed} else {text} end"
    if kind == "postcode":
        return f"upper(replace({text}, ' ', ''))"
    return f"lower(strip_accents({text}))"


def load(source):
    """A table with the columns trimmed, lower case and without accents."""
    name = Path(source["file"]).stem
    read = f"read_csv('{FOLDER / source['file']}', header=true, all_varchar=true, normalize_names=false)"
    headings = [heading for (heading, *_) in connection.execute(f"describe select * from {read}").fetchall()]
    of = {heading.strip(): f'"{heading}"' for heading in headings}
    said = [f"{cleaned(of[column], kind)} as {column}" for column, kind in KINDS.items()]
    key = f"trim({of[source['id']]}) as unique_id"
    connection.execute(f"create table {name}_rows as select {key}, {', '.join(said)} from {read}")
    return f"{name}_rows"


def comparison(column, kind):
    if kind == "name":
        return cl.NameComparison(column).configure(term_frequency_adjustments=True)
    if kind == "date":
        return cl.DateOfBirthComparison(column, input_is_string=True)
    if kind == "postcode":
        return cl.LevenshteinAtThresholds(column, [1, 2]).configure(term_frequency_adjustments=True)
    if kind == "text":
        return cl.JaroWinklerAtThresholds(column, [0.9, 0.7]).configure(term_frequency_adjustments=True)
    if kind == "code" and column in ("sex", "state"):
        return cl.ExactMatch(column)
    return cl.LevenshteinAtThresholds(column, [1, 2])


# Those that tell most of who somebody is: two that each have few values would put everybody into one block.
ORDER = ["name", "date", "postcode", "code", "text"]
telling = sorted(
    (column for column in KINDS if column not in ("sex", "state", "street_number", "city")),
    key=lambda column: ORDER.index(KINDS[column]),
)[:6]
tables = [load(source) for source in PLAN["input"]]
# A column by itself is a rule where that makes no more comparisons than this a row.
CHEAP = 25


def is_cheap(column):
    one, other = tables[0], tables[-1]
    count = f"select {column} as value, count(*) as number from {{}} where {column} is not null group by 1"
    pairs = f"select sum(one.number * other.number) from ({count.format(one)}) one join ({count.format(other)}) other using (value)"
    [(comparisons,)] = connection.execute(pairs).fetchall()
    [(rows,)] = connection.execute(f"select count(*) from {one}").fetchall()
    return (comparisons or 0) <= CHEAP * rows


rules = [block_on(column) for column in telling if is_cheap(column)]
rules += [block_on(one, other) for one, other in itertools.combinations(telling, 2)]
names = [column for column, kind in KINDS.items() if kind == "name"]
date = next(column for column, kind in KINDS.items() if kind == "date")
settings = SettingsCreator(
    link_type="link_only" if len(PLAN["input"]) == 2 else "dedupe_only",
    comparisons=[comparison(column, kind) for column, kind in KINDS.items()],
    blocking_rules_to_generate_predictions=rules,
    retain_matching_columns=False,
    retain_intermediate_calculation_columns=False,
)
database = DuckDBAPI(connection=connection)
registered = [database.register(table) for table in tables]
linker = Linker(registered if len(registered) > 1 else registered[0], settings, log_level="ERROR")
linker.training.estimate_probability_two_random_records_match([block_on(*names, date)], recall=0.6)
linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
for rule in (block_on(*names), block_on(date, names[-1]), block_on(date, names[0])):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
pairs = linker.inference.predict(threshold_match_weight=-20)
query = f"select unique_id_l, unique_id_r, match_weight from {pairs.physical_name}"
connection.execute(f"copy ({query}) to '{FOLDER / 'splink-pairs.csv'}' (header true)")
