"""Holds what is asked of the Google Health API, and what the stand-in for it answers, against the API's own
machine-readable description, as google-api-python-client ships it.

usage: describe.py WHEEL TRAFFIC
"""

import json
import re
import sys
import zipfile

DOCUMENT = "googleapiclient/discovery_cache/documents/health.v4.json"
REVISION = "20261030"
SCOPES = ["activity_and_fitness", "health_metrics_and_measurements", "sleep"]
# What must have been asked, or nothing is proven.
ASKED = {"health.users.getIdentity"}
ASKED |= {f"reconcile {kind}" for kind in ["exercise", "sleep", "weight", "body-fat"]}
ASKED |= {f"dailyRollUp {kind}" for kind in ["steps", "total-calories", "sedentary-period", "active-minutes"]}
INTEGERS = {"int32": 31, "uint32": 32, "int64": 63, "uint64": 64}
FORMATS = {
    "google-datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)",
    "google-duration": r"-?\d+(\.\d{1,9})?s",
}


class Offence(Exception):
    pass


class Description:
    def __init__(self, wheel):
        self.document = json.loads(zipfile.ZipFile(wheel).read(DOCUMENT))
        if self.document["revision"] != REVISION:
            raise Offence(f"the description is of {self.document['revision']}, not of {REVISION}")
        self.methods = list(self.methods_of(self.document))
        self.filters = next(m for m in self.methods if m["id"].endswith("dataPoints.list"))["parameters"]["filter"]

    def methods_of(self, resource):
        yield from resource.get("methods", {}).values()
        for inner in resource.get("resources", {}).values():
            yield from self.methods_of(inner)

    def method(self, verb, path):
        """The method of a request, and the values in its path."""
        for method in self.methods:
            template = re.escape(method["path"]).replace(r"\{\+", "{").replace(r"\{", "{").replace(r"\}", "}")
            found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", template), path.removeprefix("/"))
            if not found or method["httpMethod"] != verb:
                continue
            values = found.groupdict()
            known = {name: rule for name, rule in method["parameters"].items() if rule["location"] == "path"}
            if all(re.search(known[name].get("pattern", ""), value) for name, value in values.items()):
                return method, values
        raise Offence(f"no method is asked by {verb} {path}")

    def check_value(self, value, rule, where, asked):
        if "$ref" in rule:
            return self.check_object(value, rule["$ref"], where, asked)
        if asked and rule.get("readOnly"):
            raise Offence(f"{where} is only for reading")
        kind, form = rule["type"], rule.get("format")
        types = {"string": str, "boolean": bool, "number": (int, float), "integer": int, "array": list, "object": dict}
        if not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean"):
            raise Offence(f"{where} is no {kind}: {value!r}")
        if kind == "array":
            for number, item in enumerate(value):
                self.check_value(item, rule["items"], f"{where}[{number}]", asked)
        if "enum" in rule and value not in rule["enum"]:
            raise Offence(f"{where} is none of its words: {value!r}")
        if "pattern" in rule and not re.search(rule["pattern"], value):
            raise Offence(f"{where} does not match {rule['pattern']}: {value!r}")
        self.check_form(value, form, where)

    def check_form(self, value, form, where):
        if form in INTEGERS:
            if not re.fullmatch(r"-?\d+", str(value)) or not -(2 ** INTEGERS[form]) <= int(value) < 2 ** INTEGERS[form]:
                raise Offence(f"{where} is no {form}: {value!r}")
        elif form in FORMATS:
            if not re.fullmatch(FORMATS[form], value):
                raise Offence(f"{where} is no {form}: {value!r}")
        elif form not in (None, "double", "float"):
            raise Offence(f"{where} has a format that is not checked: {form}")

    def check_object(self, value, name, where, asked):
        if not isinstance(value, dict):
            raise Offence(f"{where} is no object: {value!r}")
        known = self.document["schemas"][name]["properties"]
        for field, inner in value.items():
            if field not in known:
                raise Offence(f"{where}.{field} is not known to {name}")
            self.check_value(inner, known[field], f"{where}.{field}", asked)
        for field, rule in known.items():
            # Only words say what an object must have.
            if rule.get("description", "").startswith("Required.") and field not in value:
                raise Offence(f"{where} lacks {field}")

    def check_query(self, line, method, values):
        rules = {name: rule for name, rule in method["parameters"].items() if rule["location"] == "query"}
        for name, value in line["query"]:
            if name not in rules:
                raise Offence(f"{method['id']} has no parameter {name}")
            if rules[name]["type"] == "integer":
                self.check_form(value, rules[name].get("format"), name)
        names = [name for name, _ in line["query"]]
        if len(names) != len(set(names)):
            raise Offence(f"a parameter is there twice: {names}")
        if "filter" in names:
            self.check_filter(dict(line["query"])["filter"], values["parent"].rsplit("/", 1)[1])

    def check_filter(self, text, kind):
        """Two comparisons of one field of this type, as the words of the description permit them."""
        comparison = r'([a-z_]+)\.([a-z_.]+) (>=|<) "([0-9T:Z-]+)"'
        parts = [re.fullmatch(comparison, part) for part in text.split(" AND ")]
        if len(parts) != 2 or not all(parts) or [part[3] for part in parts] != [">=", "<"]:
            raise Offence(f"no filter with two ends: {text}")
        for part in parts:
            if part[1] != kind.replace("-", "_"):
                raise Offence(f"a filter of another type than {kind}: {text}")
            written = [f"`{part[1]}.{part[2]}`", f"}}.{part[2]}`"]
            if not any(form in self.filters["description"] for form in written):
                raise Offence(f"no field to filter by: {text}")
            literal = r"\d{4}-\d\d-\d\d" + ("" if "civil" in part[2] else r"T\d\d:\d\d:\d\dZ")
            if not re.fullmatch(literal, part[4]):
                raise Offence(f"no value for that field: {text}")
        if kind == "sleep" and "start" in text:
            raise Offence(f"nights are filtered by their end: {text}")

    def check(self, line):
        method, values = self.method(line["method"], line["path"])
        self.check_query(line, method, values)
        if "request" in method:
            if line["content_type"] != "application/json":
                raise Offence(f"{method['id']} takes JSON")
            self.check_object(line["body"], method["request"]["$ref"], "request", True)
        elif line["body"]:
            raise Offence(f"{method['id']} takes no body")
        if line["status"] != 200:
            raise Offence(f"it was answered with {line['status']}: {line['answer']}")
        self.check_object(line["answer"], method["response"]["$ref"], "answer", False)
        parent = values.get("parent")
        return f"{method['id'].rsplit('.', 1)[1]} {parent.rsplit('/', 1)[1]}" if parent else method["id"]


def main(wheel, traffic):
    description = Description(wheel)
    for scope in SCOPES:
        if f"https://www.googleapis.com/auth/googlehealth.{scope}.readonly" not in description.document["auth"]["oauth2"]["scopes"]:
            raise Offence(f"no scope of that name: {scope}")
    asked, count = set(), 0
    for number, line in enumerate(open(traffic, encoding="utf-8"), 1):
        try:
            asked.add(description.check(json.loads(line)))
        except Offence as offence:
            raise Offence(f"{traffic}:{number}: {offence}") from None
        count += 1
    if asked != ASKED:
        raise Offence(f"asked was {sorted(asked)}, not {sorted(ASKED)}")
    print(f"{count} questions and answers are as the Google Health API describes them ({REVISION}).")


try:
    main(*sys.argv[1:])
except Offence as offence:
    sys.exit(f"wearables: {offence}")
