//! The API's description: checked in as it is served, and nothing served that it does not know.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use sluis::http::{openapi, route_list};

/// Writes the document instead of comparing it.
const WRITE: &str = "SLUIS_WRITE_OPENAPI";

#[test]
fn the_document_checked_in_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let now = format!(
        "{}\n",
        serde_json::to_string_pretty(&openapi::document(&route_list())).unwrap()
    );
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == now,
        "docs/openapi.json is not what the engine serves: run this test once with {WRITE}=1"
    );
}

#[test]
fn every_route_stands_in_the_document_and_nothing_else() {
    let document = openapi::document(&route_list());
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (path.clone(), method.clone()))
        })
        .collect();
    let routed: BTreeSet<(String, String)> = route_list()
        .into_iter()
        .map(|route| (route.path.to_owned(), route.method.to_owned()))
        .collect();
    assert_eq!(described, routed);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_reference_leads_somewhere() {
    let document = openapi::document(&route_list());
    let mut names = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(
                !operation["responses"].as_object().unwrap().is_empty(),
                "{name} has no answer"
            );
        }
    }
    let (mut used, mut seen) = (BTreeSet::new(), Vec::from([&document]));
    while let Some(value) = seen.pop() {
        match value {
            Value::Object(fields) => {
                used.extend(
                    fields
                        .get("$ref")
                        .and_then(Value::as_str)
                        .map(|r| r.rsplit('/').next().unwrap().to_owned()),
                );
                seen.extend(fields.values());
            }
            Value::Array(values) => seen.extend(values),
            _ => {}
        }
    }
    let there: BTreeSet<String> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(used, there, "references and parts are the same set");
}

/// Every operation, with a name for it.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, _)| -> Vec<(String, &Value)> {
        let methods: &Value = methods;
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(|(method, operation)| (format!("{method} {path}"), operation))
            .collect()
    };
    paths.iter().flat_map(of).collect()
}

#[test]
fn every_problem_has_the_one_schema_and_its_codes_stand_in_the_list_of_errors() {
    let listed =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md"))
            .unwrap();
    let document = openapi::document(&route_list());
    let mut seen = BTreeSet::new();
    for (name, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let Some(problem) = answer["content"].get("application/problem+json") else {
                continue;
            };
            assert_eq!(
                problem["schema"]["$ref"], "#/components/schemas/Problem",
                "{name} {status}"
            );
            let codes = answer["description"]
                .as_str()
                .unwrap()
                .split('`')
                .skip(1)
                .step_by(2);
            for code in codes {
                assert!(
                    listed.contains(&format!("`{code}`")),
                    "{name} {status}: docs/errors.md does not list {code}"
                );
                seen.insert(code.to_owned());
            }
        }
    }
    assert!(seen.len() > 20, "{seen:?}");
}

#[test]
fn every_body_and_every_answer_has_an_example() {
    let document = openapi::document(&route_list());
    let mut seen = 0;
    for (name, operation) in operations(&document) {
        let none = serde_json::Map::new();
        let body = operation["requestBody"]["content"]
            .as_object()
            .unwrap_or(&none);
        let answers = operation["responses"].as_object().unwrap().values();
        let answers = answers
            .filter_map(|answer| answer["content"].as_object())
            .flatten();
        for (media, content) in body.iter().chain(answers) {
            assert!(
                !content["example"].is_null(),
                "{name} {media} has no example"
            );
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}
