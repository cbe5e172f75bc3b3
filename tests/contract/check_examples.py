"""Every example in the API's description is one: it fits its own schema. Also counts: each body and answer has one."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker

document = json.load(open(sys.argv[1]))
looked_at, wrong = 0, []


def check(where, media):
    global looked_at
    looked_at += 1
    if "example" not in media:
        wrong.append(f"{where}: no example")
        return
    schema = {**media["schema"], "components": document["components"]}
    for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(media["example"]):
        wrong.append(f"{where}: {error.message[:200]}")
    lines = media["schema"].get("contentSchema")
    if lines:
        validator = Draft202012Validator({**lines, "components": document["components"]})
        for line in media["example"].splitlines():
            wrong.extend(f"{where}, a line: {error.message[:200]}" for error in validator.iter_errors(json.loads(line)))


for path, operations in document["paths"].items():
    for method, operation in operations.items():
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            check(f"{method} {path} {kind}", media)
        for status, answer in operation["responses"].items():
            for kind, media in answer.get("content", {}).items():
                check(f"{method} {path} {status} {kind}", media)
print(f"{looked_at} examples looked at")
sys.exit("\n".join(wrong) or 0)
