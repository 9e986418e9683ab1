"""Registers two children, and stores something of every kind that is tracked of one of them."""

import json
import sys
import urllib.request

URL = sys.argv[1]


def post(path, body, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


admin = post("/auth", {"username": "admin", "password": "first"})["access_token"]
school = post("/institutions", {"name": "Escola, a \"nova\"", "type": "School"}, admin)["id"]
child = {"password": "x", "gender": "female", "age": 9, "institution_id": school}
known = post("/children", child | {"username": "BR0001"}, admin)["id"]
post("/children", child | {"username": "BR0002", "age": "2015-05-06"}, admin)
token = post("/auth", {"username": "BR0001", "password": "x"})["access_token"]
of = f"/children/{known}"
post(f"{of}/logs/steps", [{"date": f"2026-01-{day:02}", "value": 1000 * day} for day in range(5, 12)], token)
post(f"{of}/logs/calories", [{"date": "2026-01-05", "value": 1234.5}], token)
post(
    f"{of}/physicalactivities",
    {
        "name": "Walk, \"fast\"",
        "start_time": "2026-01-05T10:00:00Z",
        "end_time": "2026-01-05T10:30:00Z",
        "duration": 1800000,
        "calories": 90.5,
        "steps": 2100,
        "levels": [{"name": name, "duration": 450000} for name in ("sedentary", "lightly", "fairly", "very")],
    },
    token,
)
post(
    f"{of}/sleep",
    {
        "start_time": "2026-01-05T22:00:00Z",
        "end_time": "2026-01-05T22:10:00Z",
        "duration": 600000,
        "type": "classic",
        "pattern": {
            "data_set": [
                {"start_time": "2026-01-05T22:00:00Z", "name": "asleep", "duration": 300000},
                {"start_time": "2026-01-05T22:05:00Z", "name": "restless", "duration": 300000},
            ]
        },
    },
    token,
)
post(f"{of}/weights", {"timestamp": "2026-01-05T07:00:00Z", "value": 30.25, "unit": "kg", "body_fat": 20.5}, token)
post(f"{of}/weights", {"timestamp": "2026-01-06T07:00:00.120Z", "value": 30, "unit": "=kg"}, token)
