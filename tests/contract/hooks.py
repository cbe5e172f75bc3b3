"""What a schema cannot say of the API, told to the fuzzer.

Narrowed: what every engine has another list of (flows, corporations, the environment) is this engine's here.
Explained: a refusal of what the schema allows counts as a failure unless every mistake that the answer names is one that
no schema can name. Each is counted, and printed at the end. Nothing else is let pass.
"""

import atexit
import collections
import json

import schemathesis
from schemathesis.transport.requests import REQUESTS_TRANSPORT

EXPLAINED = collections.Counter()


@REQUESTS_TRANSPORT.serializer("application/x-ndjson", "message/rfc822")
def text(ctx, value):
    """Lines and mails are text; what is none is sent as JSON writes it."""
    return {"data": value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode("utf-8", "surrogatepass")}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    schemas = raw_schema["components"]["schemas"]
    schemas["Environment"]["enum"] = ["test"]
    flows = {"type": "string", "enum": ["notice"]}
    schemas["Notification"]["properties"]["flow"] = flows
    schemas["Notification"]["required"] = [*schemas["Notification"]["required"], "data"]
    schemas["Notification"]["properties"]["data"] = {"$ref": "#/components/schemas/Data"}
    line = {"type": "string", "maxLength": 2000, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"}
    lines = {"type": "string", "maxLength": 10000, "pattern": "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"}
    schemas["Data"] = {"type": "object", "required": ["title", "text"], "additionalProperties": False, "properties": {"title": line, "text": lines}}
    for scope in ("ScopeParts", "OperatorScopeParts"):
        schemas[scope]["properties"]["flow"] = flows
    schemas["OperatorScopeParts"]["properties"]["corporation"] = {"type": "string", "enum": ["demo"]}
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "corporation":
                    parameter["schema"] = {"type": "string", "enum": ["demo"]}
            examples(operation)


def examples(operation):
    """The examples speak of an engine in production, and of a flow that wants its own fields."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        example = media.get("example")
        if isinstance(example, dict):
            if "environment" in example:
                example["environment"] = "test"
            if "data" in example:
                example.update(flow="notice", data={"title": "Onderhoud", "text": "Wij komen langs."})
            if "flow" in example:
                example["flow"] = "notice"


def bytes_of(value):
    """The texts of a body, for what is counted in bytes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from bytes_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from bytes_of(part)


def beyond_schema(mistake, case):
    """Why no schema can name a mistake, or nothing."""
    code, path = mistake["code"], mistake["path"]
    if code == "too_long" and not all(text.isascii() for text in bytes_of(case.body) if text):
        return "lengths count bytes of UTF-8, schemas count characters"
    if code == "too_long" and path == "tenant_id" and not str(mistake.get("value", "")).isascii():
        return "lengths count bytes of UTF-8, schemas count characters"
    if code == "wrong_type" and path == "amount_cents" and isinstance(case.body, dict) and isinstance(case.body.get(path), float):
        return "cents are written without a fraction, also one of nothing"
    if code in ("bad_time", "ahead"):
        return "an instant lies between 1970 and 9998, and what happened lies behind us"
    if code == "empty" and path.startswith("data."):
        return "a text is not blank: which field is one, the flow says"
    if code == "contradiction" and path == "after":
        return "only a group of tasks is answered in pieces"
    if code == "contradiction" and path == "expires_at":
        return "what expires before it is sent"
    if code == "contradiction" and path.endswith(".confirmed_at"):
        return "a contact point that is invalid was not confirmed"
    if code == "bad_address":
        return "a contact point is one of its kind"
    if code == "empty" and path == "body" and case.media_type == "application/octet-stream":
        return "bytes have no pattern that says: not blank"
    if code == "contradiction" and path.split("[")[0] in ("contact_points", "addresses"):
        return "a channel uses one kind; a number has one state"
    if code == "out_of_range" and path in ("contact_points", "addresses"):
        return "so many of a kind"
    if code == "twice" and path.split("[")[0] in ("contact_points", "addresses", "preferences"):
        return "a contact point, and a category, stands there once"
    return None


# 422 of what comes from outside: a mail or a callback is genuine or not, which no schema tells.
RECEIPTS = "/v1/receipts/{provider}"


def explain(failure, case, response):
    name = type(failure).__name__
    if name == "AcceptedNegativeData":
        media = str(case.media_type or "")
        if media in ("text/csv", "application/x-ndjson", "application/octet-stream", "message/rfc822"):
            return "text is text: on the wire there is no other type that it could have"
        return None
    if name != "RejectedPositiveData":
        return None
    try:
        problem = response.json()
    except ValueError:
        return None
    code = problem.get("code")
    sealed = code == "bad_query" and problem["detail"].startswith("after: ") and case.operation.path == "/v1/facts/unmatched"
    if code == "bad_cursor" or sealed:
        return "a cursor is sealed: none can be made up"
    if code == "no_longer_kept":
        return "an id says when it was made: before what is kept"
    if code == "bad_query" and case.operation.path.endswith(("/counters", "/counters.csv")) and problem["detail"].startswith("from "):
        return "the first day is not after the last, and not years before it"
    if code == "nothing_taken":
        return "a list of which nothing can be taken: what a list is, its report says"
    if case.operation.path == RECEIPTS and response.status_code == 422:
        return "a receipt that is not genuine"
    if code == "invalid" and problem.get("errors"):
        reasons = [beyond_schema(mistake, case) for mistake in problem["errors"]]
        return "; ".join(sorted(set(reasons))) if all(reasons) else None
    return None


@schemathesis.hook
def filter_failure(context, failure, case, response):
    why = explain(failure, case, response)
    if why is not None:
        EXPLAINED[f"{case.operation.label}: {why}"] += 1
    return why is None


@atexit.register
def said():
    print("\nRefusals that no schema can foresee, each explained:")
    for what, count in sorted(EXPLAINED.items()):
        print(f"  {count:6}  {what}")
