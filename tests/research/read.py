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
assert pandas.read_csv(plain / "weights.csv").body_fat.dropna().tolist() == [20.5]

# Parquet tells the same, and of what kind it is.
kinds = {}
for table in plain.glob("*.csv"):
    parquet = table.with_suffix(".parquet")
    kinds[table.stem] = {name: kind for name, kind, *_ in query(f"DESCRIBE SELECT * FROM '{parquet}'")}
    plain_frame, frame = pandas.read_csv(table), pandas.read_parquet(parquet)
    assert list(kinds[table.stem]) == list(plain_frame.columns) == list(frame.columns), table
    # What a spreadsheet would compute begins with a quote in CSV, and as it is in Parquet.
    cells = [f"ltrim({name}, '''')" if kind == "VARCHAR" else name for name, kind in kinds[table.stem].items()]
    csv = f"SELECT {', '.join(cells)} FROM read_csv('{table}', columns = {kinds[table.stem]})"
    assert query(f"({csv}) EXCEPT ALL FROM '{parquet}'") == query(f"FROM '{parquet}' EXCEPT ALL ({csv})") == [], table
    for name, kind in kinds[table.stem].items():
        found, expected = frame[name].dropna(), plain_frame[name].dropna()
        if kind in ("DATE", "TIMESTAMP WITH TIME ZONE"):
            found, expected = (pandas.to_datetime(times, utc=True, format="ISO8601") for times in (found, expected))
        elif kind == "VARCHAR":
            expected = expected.astype(str).str.lstrip("'")
        assert found.index.tolist() == expected.index.tolist(), (table, name)
        assert found.tolist() == expected.tolist(), (table, name)
    for word in (b"BR0001", b"BR0002", b"Escola", b"2015-05-05"):
        assert word not in parquet.read_bytes(), (parquet, word)
known = {kind for table in kinds.values() for kind in table.values()}
assert known == {"VARCHAR", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP WITH TIME ZONE"}, known
assert (kinds["logs"]["date"], kinds["logs"]["steps"], kinds["children"]["birth_year"]) == ("DATE", "DOUBLE", "BIGINT")
assert query(f"SELECT unit, body_fat FROM '{plain}/weights.parquet' WHERE value = 30") == [("=kg", None)]
assert str(pandas.read_parquet(plain / "weights.parquet").timestamp.dtype).endswith(", UTC]")
girls = f"FROM '{plain}/logs.parquet' JOIN '{plain}/children.parquet' USING (child) WHERE gender = 'female'"
assert query(f"SELECT sum(steps) {girls}") == [(56000,)]
(started,) = query(f"SELECT start_time FROM '{plain}/sleep.parquet'")[0]
assert started.isoformat().startswith("2026-01-05T22:00:00"), started

moved = pandas.read_csv(shifted / "logs.csv", parse_dates=["date"])
assert set(moved.child) == set(logs.child), "the same key, the same pseudonyms"
weeks = set((moved.date.sort_values().array - logs.date.sort_values().array).days)
assert len(weeks) == 1 and 0 not in weeks and all(days % 7 == 0 for days in weeks), weeks
print(f"DuckDB {duckdb.__version__} and pandas {pandas.__version__} read {len(kinds)} tables, as CSV and as Parquet.")
