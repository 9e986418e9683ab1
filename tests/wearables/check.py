"""Computes what made files of wearables say, day by day, and holds it against what the program stored of them."""

import io
import json
import sqlite3
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd

compared = 0


def same(what, stored, computed):
    """Fails with the first differences if two mappings are not the same."""
    global compared
    stored, computed = dict(stored), dict(computed)
    different = [key for key in stored.keys() | computed.keys() if stored.get(key) != computed.get(key)]
    if different or not computed:
        shown = [(key, stored.get(key), computed.get(key)) for key in sorted(different)[:5]]
        sys.exit(f"{what}: {len(different)} differ; stored and computed are {shown}")
    compared += len(computed)


def logs(stored, total):
    return {log["date"]: round(log[total], 6) for log in stored["logs"] if total in log}


def largest(steps):
    """Of each day the sum of the source that has the most; the frame has the columns day, source and steps."""
    sums = steps[steps["steps"] > 0].groupby(["day", "source"])["steps"].sum().reset_index()
    best = sums.sort_values(["day", "steps"]).groupby("day").tail(1)
    return {str(row.day): float(row.steps) for row in best.itertuples()}


def days_of(instants, zone):
    return instants.dt.tz_convert(zone).dt.date


def nights(stored):
    """By the start the seconds of each phase."""
    found = {}
    for night in stored["sleep"]:
        frame = pd.DataFrame(night["pattern"]["data_set"])
        found[night["start_time"]] = (frame.groupby("name")["duration"].sum() // 1000).to_dict()
    return found


def second(instant):
    return instant.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S")


def weights(stored):
    return {weight["timestamp"]: (round(weight["value"], 3), weight.get("body_fat")) for weight in stored["weights"]}


def withings(folder, zone, stored):
    frame = pd.read_csv(folder / "weight.csv")
    instants = pd.to_datetime(frame["Date"]).dt.tz_localize(zone)
    fat = (frame["Fat mass (kg)"] / frame["Weight (kg)"] * 100).round(2)
    computed = {
        second(instant): (round(weight, 3), None if pd.isna(part) else part)
        for instant, weight, part in zip(instants, frame["Weight (kg)"], fat)
    }
    same("withings weights", weights(stored), computed)


def gadgetbridge(folder, zone, stored):
    with sqlite3.connect(folder / "Gadgetbridge.db") as database:
        tables = ["XIAOMI_ACTIVITY_SAMPLE", "MI_BAND_ACTIVITY_SAMPLE"]
        parts = [pd.read_sql(f"SELECT TIMESTAMP, STEPS FROM {name}", database).assign(source=name) for name in tables]
    steps = pd.concat(parts).rename(columns={"STEPS": "steps"})
    steps["day"] = days_of(pd.to_datetime(steps["TIMESTAMP"], unit="s", utc=True), zone)
    same("gadgetbridge steps", logs(stored, "steps"), largest(steps))


def health_connect(folder, _zone, stored):
    with sqlite3.connect(folder / "health_connect_export.db") as database:
        read = lambda sql: pd.read_sql(sql, database)
        steps = read("SELECT start_time, start_zone_offset, app_info_id AS source, count AS steps FROM steps_record_table")
        energy = read("SELECT start_time, start_zone_offset, energy FROM total_calories_burned_record_table")
        sessions = read("SELECT row_id, start_time FROM sleep_session_record_table")
        stages = read("SELECT * FROM sleep_stages_table")
    for frame in (steps, energy):
        local = pd.to_datetime(frame["start_time"] + frame["start_zone_offset"] * 1000, unit="ms")
        frame["day"] = local.dt.date
    same("health connect steps", logs(stored, "steps"), largest(steps))
    burnt = (energy.groupby("day")["energy"].sum() / 1000).round(2)
    same("health connect calories", logs(stored, "calories"), {str(day): value for day, value in burnt.items()})
    names = {1: "awake", 4: "light", 5: "deep", 6: "rem"}
    stages["name"] = stages["stage_type"].map(names)
    stages["seconds"] = (stages["stage_end_time"] - stages["stage_start_time"]) // 1000
    begins = dict(zip(sessions["row_id"], pd.to_datetime(sessions["start_time"], unit="ms", utc=True)))
    computed = {
        second(begins[parent]): part.groupby("name")["seconds"].sum().to_dict()
        for parent, part in stages.groupby("parent_key")
    }
    same("health connect nights", nights(stored), computed)


def apple_health(folder, zone, stored):
    rows = []
    # An attribute stands twice in what an older system wrote: no XML, so the second is taken out here.
    text = (folder / "export.xml").read_text().replace(' sourceVersion="16.0" sourceVersion="16.0"', "")
    for _, element in ElementTree.iterparse(io.BytesIO(text.encode())):
        if element.tag == "Record":
            rows.append(dict(element.attrib))
    frame = pd.DataFrame(rows)
    frame["start"] = pd.to_datetime(frame["startDate"], utc=True)
    steps = frame[frame["type"] == "HKQuantityTypeIdentifierStepCount"].copy()
    steps["steps"], steps["day"] = steps["value"].astype(float), days_of(steps["start"], zone)
    steps = steps.rename(columns={"sourceName": "source"})
    same("apple steps", logs(stored, "steps"), largest(steps))
    body = frame[frame["type"] == "HKQuantityTypeIdentifierBodyMass"]
    fats = frame[frame["type"] == "HKQuantityTypeIdentifierBodyFatPercentage"]
    fat = {instant: round(float(value) * 100, 2) for instant, value in zip(fats["start"], fats["value"])}
    computed = {
        second(instant): (round(float(value) * 0.45359237, 3), fat.get(instant))
        for instant, value in zip(body["start"], body["value"])
    }
    same("apple weights", weights(stored), computed)


def fitbit_takeout(folder, zone, stored):
    root = folder / "Takeout/Fitbit/Global Export Data"

    def values(kind):
        parts = []
        for path in sorted(root.glob(f"{kind}-*.json")):
            text = path.read_text()
            if text.startswith("["):
                parts.append(pd.DataFrame(json.loads(text)))
        frame = pd.concat(parts)
        frame["time"] = pd.to_datetime(frame["dateTime"], format="%m/%d/%y %H:%M:%S")
        frame["value"] = frame["value"].astype(float)
        return frame

    steps = values("steps")
    days = days_of(steps["time"].dt.tz_localize("UTC"), zone)
    sums = steps.groupby(days)["value"].sum()
    worn = {str(day): value for day, value in sums.items() if value > 0}
    same("fitbit steps", logs(stored, "steps"), worn)
    for kind, total in [("lightly_active_minutes", "lightly_active_minutes"), ("sedentary_minutes", "sedentary_minutes")]:
        frame = values(kind)
        computed = {str(time.date()): value for time, value in zip(frame["time"], frame["value"])}
        same(f"fitbit {kind}", logs(stored, total), {day: value for day, value in computed.items() if day in worn})
    fairly, very = values("moderately_active_minutes"), values("very_active_minutes")
    both = fairly.set_index("time")["value"] + very.set_index("time")["value"]
    computed = {str(time.date()): value for time, value in both.items() if str(time.date()) in worn}
    same("fitbit active_minutes", logs(stored, "active_minutes"), computed)
    burnt = values("calories")
    sums = burnt.groupby(burnt["time"].dt.date)["value"].sum().round(2)
    computed = {str(day): value for day, value in sums.items() if str(day) in worn}
    same("fitbit calories", logs(stored, "calories"), computed)


SOURCES = {
    "withings": withings,
    "gadgetbridge": gadgetbridge,
    "health_connect": health_connect,
    "apple_health": apple_health,
    "fitbit_takeout": fitbit_takeout,
}


def main():
    lives = sorted(Path(sys.argv[1]).iterdir())
    if len(lives) < 3:
        sys.exit("there are no made files of three children")
    for life in lives:
        zone = (life / "zone").read_text()
        for source, check in SOURCES.items():
            check(life / source, zone, json.loads((life / f"{source}.json").read_text()))
    print(f"{compared} days, nights and weights of {len(lives)} children are as computed")


main()
