"""Reads the tables of a research export with DuckDB and pandas, and joins them."""

import sys
from pathlib import Path

import duckdb
import pandas

plain, shifted = (Path(folder) for folder in sys.argv[1:3])


def query(sql):
    return duckdb.sql(sql).fetchall()


for table in plain.glob("*.csv"):
    frame = pandas.read_csv(table)
    (count,) = query(f"SELECT count(*) FROM '{table}'")[0]
    assert len(frame) == count, table
    assert list(frame.columns) == [column[0] for column in duckdb.sql(f"SELECT * FROM '{table}'").description], table
    for word in ("BR0001", "BR0002", "Escola", "2015-05-06"):
        assert word not in table.read_text(), (table, word)

children = pandas.read_csv(plain / "children.csv")
assert sorted(children.birth_year.dropna()) == [2015] and sorted(children.age.dropna()) == [9]
assert children.institution.nunique() == 1 and children.child.nunique() == 2

logs = pandas.read_csv(plain / "logs.csv", parse_dates=["date"])
assert logs.steps.sum() == 1000 * sum(range(5, 12)) and logs.calories.dropna().tolist() == [1234.5]
joined = logs.merge(children, on="child")
assert len(joined) == 7 and set(joined.gender) == {"female"}
assert query(f"SELECT typeof(date), sum(steps) FROM '{plain}/logs.csv' GROUP BY 1") == [("DATE", 56000)]

(activity,) = pandas.read_csv(plain / "physicalactivities.csv").to_dict("records")
assert activity["name"] == 'Walk, "fast"', activity
assert (activity["steps"], activity["very_duration"], activity["calories"]) == (2100, 450000, 90.5)
assert query(f"SELECT typeof(start_time), asleep_count FROM '{plain}/sleep.csv'") == [("TIMESTAMP", 1)]
phases = f"SELECT sum(p.duration) FROM '{plain}/sleep_phases.csv' p JOIN '{plain}/sleep.csv' USING (child, night)"
assert query(phases) == [(600000,)]
assert pandas.read_csv(plain / "weights.csv").body_fat.tolist() == [20.5]

moved = pandas.read_csv(shifted / "logs.csv", parse_dates=["date"])
assert set(moved.child) == set(logs.child), "the same key, the same pseudonyms"
weeks = set((moved.date.sort_values().array - logs.date.sort_values().array).days)
assert len(weeks) == 1 and 0 not in weeks and all(days % 7 == 0 for days in weeks), weeks
print(f"DuckDB {duckdb.__version__} and pandas {pandas.__version__} read {len(list(plain.glob('*.csv')))} tables.")
