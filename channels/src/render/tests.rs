//! Templates: languages, what is missing, what is too much, the filters.

use std::collections::BTreeMap;

use serde_json::json;
use sluis_model::Channel;

mod blank;
mod rehearsed;

use super::{Context, CorporationView, RenderError, Templates, TenantView, filters};
use crate::outgoing::Content;

fn templates(files: &[(&str, &str)]) -> Templates {
    let files: BTreeMap<_, _> = files
        .iter()
        .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
        .collect();
    Templates::compile(&files).unwrap()
}

fn render(
    templates: &Templates,
    channel: Channel,
    template: &str,
    language: &str,
    data: serde_json::Value,
) -> Result<Content, RenderError> {
    let (id, name) = ("H-1", "J. <de> Vries");
    let context = Context {
        tenant: TenantView { id, name, language },
        corporation: CorporationView {
            name: "Woonstichting",
        },
        data: &data,
        task: None,
        ask: None,
        link: Some("https://post.woon.example/b/abc"),
        unsubscribe_url: None,
    };
    templates.render(channel, template, &context)
}

fn storno() -> Templates {
    templates(&[
        (
            "storno-mail.subject.txt",
            "Incasso van {{ data.amount_cents|euro }} geweigerd\n",
        ),
        (
            "storno-mail.txt",
            "Beste {{ tenant.name }}, betaal voor {{ data.due|datum }}: {{ link }}\n",
        ),
        ("storno-mail.html", "<p>Beste {{ tenant.name }}</p>\n"),
        (
            "storno-mail.subject.en.txt",
            "Direct debit of {{ data.amount_cents|euro }} refused",
        ),
        (
            "storno-mail.en.txt",
            "Dear {{ tenant.name }}, pay before {{ data.due|datum('en') }}",
        ),
        (
            "storno-sms.txt",
            "{{ corporation.name }}: betaal {{ data.amount_cents|euro }}\n",
        ),
    ])
}

#[test]
fn a_mail_speaks_the_tenants_language_throughout() {
    let data = json!({"amount_cents": 123_456, "due": "2026-11-03"});
    let Ok(Content::Email {
        subject,
        text,
        html,
        ..
    }) = render(&storno(), Channel::Email, "storno-mail", "nl", data.clone())
    else {
        panic!("a mail")
    };
    assert_eq!(subject, "Incasso van € 1.234,56 geweigerd");
    assert_eq!(
        text,
        "Beste J. <de> Vries, betaal voor 3 november 2026: https://post.woon.example/b/abc"
    );
    assert_eq!(html.as_deref(), Some("<p>Beste J. &lt;de&gt; Vries</p>"));
    let Ok(Content::Email {
        subject,
        text,
        html,
        ..
    }) = render(
        &storno(),
        Channel::Email,
        "storno-mail",
        "EN-gb",
        data.clone(),
    )
    else {
        panic!("a mail")
    };
    assert_eq!(subject, "Direct debit of € 1.234,56 refused");
    assert_eq!(text, "Dear J. <de> Vries, pay before 3 November 2026");
    assert_eq!(html, None, "no Dutch HTML beside an English text");
    for language in ["tr", "", "123"] {
        assert!(matches!(
            render(
                &storno(),
                Channel::Email,
                "storno-mail",
                language,
                data.clone()
            ),
            Ok(Content::Email { .. })
        ));
    }
    let sms = render(&storno(), Channel::Sms, "storno-sms", "en", data);
    assert_eq!(
        sms,
        Ok(Content::Text("Woonstichting: betaal € 1.234,56".into()))
    );
    assert_eq!(
        render(&storno(), Channel::Null, "whatever", "nl", json!({})),
        Ok(Content::Null)
    );
}

#[test]
fn a_missing_variable_is_named() {
    let error = render(
        &storno(),
        Channel::Email,
        "storno-mail",
        "nl",
        json!({"amount_cents": 1}),
    )
    .unwrap_err();
    let expected = RenderError::Missing {
        template: "storno-mail.txt".into(),
        line: 1,
        variables: vec!["data.due".into()],
    };
    assert_eq!(error, expected);
    let error = render(
        &templates(&[("a.txt", "{{ tenat.name }}")]),
        Channel::Sms,
        "a",
        "nl",
        json!({}),
    )
    .unwrap_err();
    let (template, variables) = ("a.txt".into(), vec!["tenat.name".into()]);
    let expected = RenderError::Missing {
        template,
        line: 1,
        variables,
    };
    assert_eq!(error, expected);
    let error = render(&storno(), Channel::Sms, "storno", "nl", json!({})).unwrap_err();
    assert_eq!(
        (error.code(), error),
        ("render_unknown", RenderError::Unknown("storno.txt".into()))
    );
}

#[test]
fn a_missing_variable_in_a_filter_of_the_engine_is_named_too() {
    let all = templates(&[("a.txt", "{{ data.name|upper }}")]);
    let Err(
        RenderError::Failed { detail, .. }
        | RenderError::Missing {
            template: detail, ..
        },
    ) = render(&all, Channel::Sms, "a", "nl", json!({}))
    else {
        panic!("an error")
    };
    assert!(
        detail.contains("data.name") || detail == "a.txt",
        "{detail}"
    );
}

#[test]
fn what_is_wrong_with_a_value_is_said() {
    let sms = |source: &str, data| {
        render(
            &templates(&[("a.txt", source)]),
            Channel::Sms,
            "a",
            "nl",
            data,
        )
    };
    for (source, data) in [
        ("{{ data.a|euro }}", json!({"a": 1.5})),
        ("{{ data.a|euro }}", json!({"a": "x"})),
        ("{{ data.a|datum }}", json!({"a": "gisteren"})),
        ("{{ data.a|datum }}", json!({"a": "2026-02-30"})),
    ] {
        let error = sms(source, data).unwrap_err();
        assert!(
            matches!(error, RenderError::Failed { line: 1, .. }),
            "{source}: {error:?}"
        );
    }
}

#[test]
fn a_template_neither_runs_nor_writes_without_end() {
    let sms = |source: &str| {
        render(
            &templates(&[("a.txt", source)]),
            Channel::Sms,
            "a",
            "nl",
            json!({"a": "x".repeat(9_000)}),
        )
    };
    assert_eq!(
        sms("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"),
        Err(RenderError::Costly("a.txt".into()))
    );
    assert_eq!(
        sms("{{ data.a }}"),
        Err(RenderError::TooLarge("a.txt".into()))
    );
}

#[test]
fn a_subject_is_one_line() {
    let all = templates(&[("m.subject.txt", "Aan {{ data.a }}"), ("m.txt", "x")]);
    for name in ["x\r\nBcc: y@z.nl", "x\ny", "x\u{0}"] {
        let error = render(&all, Channel::Email, "m", "nl", json!({"a": name})).unwrap_err();
        assert_eq!(error, RenderError::Subject("m.subject.txt".into()));
    }
}

#[test]
fn files_that_do_not_compile_or_fit_are_all_reported() {
    let files = [
        ("a.txt", "{{ broken"),
        ("b.txt", "{% if %}"),
        ("B.txt", ""),
        ("c.pdf", ""),
        ("d.subject.html", ""),
        ("e.txt", "ok"),
    ];
    let files: BTreeMap<_, _> = files
        .iter()
        .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
        .collect();
    let problems = Templates::compile(&files).unwrap_err();
    let paths: Vec<_> = problems
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "templates.B.txt",
            "templates.a.txt",
            "templates.b.txt",
            "templates.c.pdf",
            "templates.d.subject.html"
        ]
    );
}

#[test]
fn incomplete_sets_are_reported() {
    assert!(
        storno()
            .check([
                (Channel::Email, "storno-mail"),
                (Channel::Sms, "storno-sms"),
                (Channel::Null, "none")
            ])
            .is_empty()
    );
    let paths = |templates: &Templates, channel, name| -> Vec<String> {
        templates
            .check([(channel, name)])
            .into_iter()
            .map(|problem| problem.path)
            .collect()
    };
    assert_eq!(
        paths(&storno(), Channel::Sms, "reminder"),
        ["templates.reminder.txt"]
    );
    assert_eq!(
        paths(&storno(), Channel::Email, "storno-sms"),
        ["templates.storno-sms.subject.txt"]
    );
    let half = templates(&[
        ("m.subject.txt", ""),
        ("m.txt", ""),
        ("m.en.txt", ""),
        ("m.html", ""),
    ]);
    assert_eq!(
        paths(&half, Channel::Email, "m"),
        ["templates.m.subject.en.txt"]
    );
}

#[test]
fn money_and_dates_as_letters_write_them() {
    let cases = [
        (0, "€ 0,00"),
        (5, "€ 0,05"),
        (-1_250, "€ -12,50"),
        (100_000, "€ 1.000,00"),
        (123_456_789, "€ 1.234.567,89"),
    ];
    for (cents, text) in cases {
        assert_eq!(filters::euro(cents), text);
    }
    assert_eq!(filters::euro(i64::MIN), "€ -92.233.720.368.547.758,08");
    assert_eq!(
        filters::datum("2026-01-01", None).unwrap(),
        "1 januari 2026"
    );
    assert_eq!(
        filters::datum("2026-12-31T23:30:00Z", None).unwrap(),
        "1 januari 2027",
        "in Amsterdam"
    );
    assert_eq!(
        filters::datum("2026-06-30T12:00:00+02:00", Some("en")).unwrap(),
        "30 June 2026"
    );
}

/// What asks for gigabytes, or for minutes, of little.
const GREEDY: [&str; 26] = [
    r#"{{ ("x"*2000000)|replace("x","x"*2000)|length }}"#,
    r#"{{ "%0900000000d"|format(1) }}"#,
    r#"{{ data.a * 1000000 }}"#,
    r#"{{ ("x" * 100000000 ~ "x" * 100000000)|length }}"#,
    r#"{{ [1] * 100000000 }}"#,
    r#"{% set x %}{{ data.a }}{{ data.a }}{% endset %}{{ x }}"#,
    r#"{% filter upper %}{{ data.a }}{% endfilter %}"#,
    r#"{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{{ m(m(m(data.a))) }}"#,
    r#"{% set ns = namespace(x="x") %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}"#,
    r#"{% for i in range(60) %}{% set x = (x or "x") ~ (x or "x") %}{% endfor %}"#,
    r#"{% for i in range(60) %}{% for j in range(60) %}{% set x = (x or "x") + "y" %}{% endfor %}{% endfor %}"#,
    r#"{% for i in range(3) recursive %}{{ loop(range(3)) }}{% endfor %}"#,
    r#"{% set l = [data.a] %}{% for i in range(60) %}{% set l = [l, l] %}{% endfor %}{{ l }}"#,
    r#"{% with x = data.a ~ data.a ~ data.a ~ data.a ~ data.a %}{% with y = x ~ x ~ x ~ x %}{{ y }}{% endwith %}{% endwith %}"#,
    r#"{{ data.a|batch(1000000000, "x")|list }}"#,
    r#"{{ data.a|slice(1000000000)|list }}"#,
    r#"{{ range(100000)|map("replace", "1", data.a)|list|length }}"#,
    r#"{{ data.a|pprint }}"#,
    r#"{{ debug() }}"#,
    r#"{{ dict(a=data.a) }}"#,
    r#"{% extends "b.txt" %}"#,
    r#"{% import "b.txt" as b %}{{ b }}"#,
    r#"{% include "a.txt" %}"#,
    r#"{% include data.a %}"#,
    r#"{{ self.block() }}"#,
    r#"{{ data.a.upper() }}"#,
];

#[test]
fn a_template_that_makes_much_of_little_is_refused_before_it_is_compiled() {
    for source in GREEDY {
        let files = BTreeMap::from([("a.txt".to_owned(), source.to_owned())]);
        let problems = Templates::compile(&files).expect_err(source);
        assert!(
            problems
                .iter()
                .all(|problem| problem.path == "templates.a.txt" && problem.value == "line 1"),
            "{problems:?}"
        );
    }
    // A chain of doublings, each on its own small.
    let doubling: String = "{% set x = (x or data.a) ~ (x or data.a) %}".repeat(40);
    assert!(Templates::compile(&BTreeMap::from([("a.txt".to_owned(), doubling)])).is_err());
}

#[test]
fn what_letters_need_is_weighed_light() {
    let source = "{% set naam = tenant.name ~ ', ' ~ data.a %}{% set groet = 'Beste ' ~ naam %}{{ groet }}\
        {% if data.n > 1 and data.a is defined %}{% for regel in data.a|lines %}{{ loop.index }}. {{ regel|trim }}\n{% endfor %}{% endif %}\
        {{ data.a|replace('a', 'b')|upper|default('x') }} {{ ['a', data.a]|join('; ') }} {{ data.a|indent(2) }}\
        {% for i in range(3) %}{% set laatste = i %}{{ i }}{% endfor %}{% include 'voet.txt' %}";
    let all = templates(&[("a.txt", source), ("voet.txt", "{{ corporation.name }}")]);
    let sms = |a: &str| render(&all, Channel::Sms, "a", "nl", json!({ "a": a, "n": 2 }));
    assert_eq!(
        sms("aap\nnoot"),
        Ok(Content::Text(
            "Beste J. <de> Vries, aap\nnoot1. aap\n2. noot\nBBP\nNOOT a; aap\nnoot aap\n  noot012Woonstichting".into()
        ))
    );
}

#[test]
fn filters_stop_at_their_bounds_whatever_the_data() {
    let long = "x".repeat(60_000);
    for source in [
        "{{ data.a|replace('x', data.a)|length }}",
        "{{ data.a|replace('', data.a)|length }}",
        "{{ data.a|indent(data.n)|length }}",
        "{{ 'a\nb'|indent(width=data.n)|length }}",
        "{{ [data.a, data.a]|join|length }}",
        "{{ range(9000)|join(data.a)|length }}",
        "{{ range(90000)|list|length }}",
        "{{ (data.a ~ data.a)|upper|length }}",
        "{% for i in range(9000) %}{% if data.a|upper == 'y' %}{% endif %}{% endfor %}",
    ] {
        let all = templates(&[("a.txt", source)]);
        let rendered = render(
            &all,
            Channel::Sms,
            "a",
            "nl",
            json!({ "a": long, "n": 900_000_000 }),
        );
        assert_eq!(
            rendered,
            Err(RenderError::Costly("a.txt".into())),
            "{source}"
        );
    }
}

#[test]
fn a_stored_template_that_would_not_be_taken_today_is_refused_when_it_is_asked_for() {
    for source in &GREEDY[..2] {
        let files = [("a.txt", *source), ("b.txt", "Beste {{ tenant.name }}")];
        let files: BTreeMap<_, _> = files
            .iter()
            .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
            .collect();
        let stored = Templates::compile_stored(&files).unwrap();
        assert!(
            stored
                .check([(Channel::Sms, "a"), (Channel::Sms, "b")])
                .is_empty(),
            "the start does not fail for it"
        );
        let error = render(&stored, Channel::Sms, "a", "nl", json!({})).unwrap_err();
        assert_eq!((error.code(), error.file()), ("render_refused", "a.txt"));
        assert_eq!(
            render(&stored, Channel::Sms, "b", "nl", json!({})),
            Ok(Content::Text("Beste J. <de> Vries".into()))
        );
    }
}
