"""What schemathesis cannot know of the contract: each exception, and the place that says so.

Three checks of its own are replaced by the same ones with these exceptions: see `fuzz`.
"""

import re

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    negative_data_rejection,
    positive_data_acceptance,
)

# Bodies and parameters that fit the schema and are refused all the same: what the error says, and where it is agreed.
REFUSED = [
    (r"The institution provided does not have a registration\.", "section 5, INST-MISSING"),
    (r"It is necessary for children to be registered before proceeding\.", "section 5, KIDS 5"),
    (r"The limit of 200 children groups was reached\.", "section 5, KIDS"),
    (r"The limit of 10000 children in all groups was reached\.", "section 5, KIDS"),
    (r"username must have at (least one character|most 256 characters)!", "section 5, STR: blanks around it are dropped first"),
    (r"\w+ must have at most 1024 bytes!", "section 5, STR: passwords are counted in bytes"),
    (r"password already exists\. Access: PUT", "section 5, USER-PATCH: `password`, known only to be refused"),
    (r"Password does not match!", "section 6, Users"),
    (r"The institution is associated with one or more users\.", "section 6, Institutions"),
    (r"Family not found!", "section 6, Families: 400 when a child is added"),
    (r"the child does not have a record\.", "section 6, Families: 400 when a child is added"),
    (r"Date: .*, is not in valid ISO 8601 format\.", "sections 6 and 7, DATE: a day that its month does not have"),
    (r"Date .* has year not allowed\.", "section 6, DATE"),
    (r"Datetime: .*, cannot be used!", "section 6, DATE: the future"),
    (r"age are required!", "section 6, Children: a date of calculation alone"),
    (r"age must have at most 256 characters!", "section 5, STR: a number is kept as it is written"),
    (r"(latitude|longitude) must be a string!", "section 6, Institutions: text beyond the bounds"),
    (r"Age cannot be less than or equal to zero!", "section 6, Children: text that is zero"),
    (r"There is no registered (Child|Institution) with ID: \w+ on the platform!", "tracking, section 2: unknown is 400"),
    (r"Datetime: .*, is not in valid ISO 8601 format\.", "tracking, section 5, TIME: a day that its month does not have"),
    (r"The end_time parameter can not contain an older date", "tracking, section 6, Physical activities"),
    (r"duration value does not match values passed in start_time and end_time", "tracking, section 6, Physical activities"),
    (r"The levels array must have values for the following levels", "tracking, section 6, Physical activities"),
    (r"The names of the allowed data_set patterns are: ", "tracking, section 6, Sleep: those of the night's type"),
    (r"The interval between dates .* is invalid!", "tracking, section 6, Logs"),
    (
        r'"(calories|distance|value|body_fat) must be a number equal to or greater than zero\."',
        "tracking, section 5, NUM: so small that it is written with an exponent",
    ),
    (r'"measurements\.value must be a valid number\."', "tracking, section 5, REAL: likewise"),
    (r"User does not have authentication data\.", "Fitbit, section 4: a sync without tokens"),
    (r"The import cannot be carried out as it was asked for!", "ours: what options of an import can mean, the error says"),
    (r"(name|type|measurements\.type) must have at least one character!", "tracking, section 5, STR: blanks are dropped first"),
]

# What does not fit the schema and is taken all the same: what schemathesis says, and where it is agreed.
TAKEN = [
    (r"parameters? (`(page|limit)`,? )+in query", "section 7: unusable values fall back to the default"),
]


@schemathesis.check
def valid_data_is_accepted(ctx, response, case):
    # What was discontinued never succeeds (tracking, section 6).
    if response.status_code == 405 and "Support for this method has been discontinued." in response.text:
        return None
    if response.status_code == 400 and any(re.search(text, response.text, re.DOTALL) for text, _ in REFUSED):
        return None
    return positive_data_acceptance(ctx, response, case)


@schemathesis.check
def invalid_data_is_refused(ctx, response, case):
    # The items of an array are judged one by one (tracking, section 5), and of none nothing is wrong.
    if response.status_code == 207 and (response.json()["error"] or not response.json()["success"]):
        return None
    try:
        return negative_data_rejection(ctx, response, case)
    except Failure as failure:
        if any(re.search(text, failure.message) for text, _ in TAKEN):
            return None
        raise


@schemathesis.check
def allowed_methods_are_documented(ctx, response, case):
    try:
        return allow_header_conformance(ctx, response, case)
    except Failure as failure:
        # What was discontinued is in the document, and not allowed (tracking, section 6).
        if re.search(r"/(physicalactivities|sleep)/", case.path) and "documented methods: PATCH" in failure.message:
            return None
        raise
