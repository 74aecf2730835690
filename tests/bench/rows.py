#!/usr/bin/env python3
"""Writes down the rows of a finished night, and the scripts that load them again by the databases' own tools.

    rows.py DATA OUT RESULTS

DATA is the folder of a SQLite store. For its two sets of rows, `joint` (every table of the joint dataset) and `vault`
(records, sealed encodings, children, links), OUT gets a CSV file a table and three scripts: `copy.sql` for psql,
`import.sql` and `insert.sql` for sqlite3. Each makes the tables with their primary keys and no other index, and loads
them. In the CSV files bytes stand as hexadecimal digits: COPY turns them into bytes again, `.import` cannot and keeps
the text, `insert ... select` copies the bytes.
"""

import csv
import json
import sqlite3
import sys
from pathlib import Path

# What vault.db holds beside the vault's rows: the runs, the ledger, findings, the quality of links, the audit chain.
OPERATIONS = {
    "schema_version", "store_key", "lease", "run", "delivery", "rule", "finding", "linkage_quality", "publication",
    "audit", "audit_anchor", "scrub",
}  # fmt: skip
POSTGRES_TYPES = {"integer": "bigint", "text": "text", "real": "double precision", "blob": "bytea"}


def main():
    data, out, results = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    for name in ("joint", "vault"):
        database = sqlite3.connect(f"file:{data / name}.db?mode=ro", uri=True)
        names = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
        tables = [table for (table,) in database.execute(names) if name == "joint" or table not in OPERATIONS]
        folder = out / name
        folder.mkdir(parents=True)
        rows, copies, imports, inserts = 0, [], [], [f"attach 'file:{data / name}.db?mode=ro' as night;"]
        for table in tables:
            columns = database.execute(f'pragma table_info("{table}")').fetchall()
            key = [column for _, column, _, _, _, place in sorted(columns, key=lambda c: c[5]) if place]
            path = folder / f"{table}.csv"
            rows += write(database, table, columns, path)
            copies += [
                create(table, columns, key, POSTGRES_TYPES),
                f"\\copy \"{table}\" from '{path}' with (format csv)",
            ]
            imports += [create(table, columns, key), f".import --csv '{path}' {table}"]
            inserts += [create(table, columns, key), f'insert into "{table}" select * from night."{table}";']
        for script, lines in (("copy", copies), ("import", imports), ("insert", inserts)):
            (folder / f"{script}.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
        size = sum(path.stat().st_size for path in folder.glob("*.csv"))
        with open(results, "a", encoding="utf-8") as file:
            file.write(json.dumps({"what": "rows", "set": name, "rows": rows, "bytes": size}) + "\n")


def write(database, table, columns, path):
    hexadecimal = 'case when "{0}" is not null then \'\\x\' || lower(hex("{0}")) end'
    wanted = ", ".join(
        (hexadecimal if kind.lower() == "blob" else '"{0}"').format(name) for _, name, kind, *_ in columns
    )
    rows = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in database.execute(f'select {wanted} from "{table}"'):
            writer.writerow(row)
            rows += 1
    return rows


def create(table, columns, key, types=None):
    listed = [f'"{name}" {types[kind.lower()] if types else kind}' for _, name, kind, *_ in columns]
    if key:
        listed.append(f"primary key ({', '.join(key)})")
    return f'create table "{table}" ({", ".join(listed)});'


main()
