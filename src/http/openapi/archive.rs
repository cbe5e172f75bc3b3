//! Owns the description of what is asked of the archive. Refuses to describe its layout:
//! `docs/archive-format.md` does.

use serde_json::json;

use super::parts::Op;
use super::shapes::notification_id;

/// A hash, for examples.
const HASH: &str = "3f1a7c0e5b9d2846f0e1d2c3b4a5968778695a4b3c2d1e0f9a8b7c6d5e4f3021";

/// What left looks like, by its type.
const LEFT: [(&str, &str); 2] = [
    (
        "message/rfc822",
        "Message-ID: <aaaq@bounce.example.nl>\r\nTo: a.devries@example.nl\r\n\r\nBeste mevrouw De Vries, …\r\n",
    ),
    (
        "application/json",
        "{\"originator\":\"Waterpoort\",\"recipients\":[\"31612345678\"],\"body\":\"Beste mevrouw De Vries, …\"}",
    ),
];

pub(super) fn operations() -> Vec<Op> {
    let attempt = json!({ "type": "integer", "minimum": 1, "maximum": 65_535, "example": 1 });
    let output = "The mail with its headers, or the body of the request for a text message. Headers: `Sluis-Output-Attempt`; \
                  `Sluis-Output-Hash`, the BLAKE3 hash of what left; `Sluis-Output-Kept`, how the bytes were come by: `as_sent`, \
                  `made_again`, `unproven`, `differs`.";
    vec![
        Op::new("get", "/v1/notifications/{id}/output", "getOutput", "results", "What left, byte for byte")
            .about("What a provider took, or may have taken. docs/archive-format.md says what the words of `Sluis-Output-Kept` mean.")
            .path_part("id", "The notification.", &notification_id())
            .query("attempt", "Which attempt; without it the newest.", &attempt)
            .gives_bytes(200, output, &LEFT)
            .fails(&[(404, "not_found"), (404, "no_archive"), (410, "output_not_kept"), (410, "output_removed"), (410, "erased"), (429, "too_many_reads"), (500, "archive_unreadable"), (503, "archive_away"), (503, "archive_behind")]),
        Op::new("get", "/v1/archive/head", "getArchiveHead", "results", "The end of the archive's chain")
            .about("Whoever keeps it notices every later change of the archive: `sluis archive verify --head VOLUME:HASH`.")
            .gives_json(
                200,
                "The newest sealed volume.",
                "ArchiveHead",
                &json!({ "volume": 42, "hash": HASH, "sealed_at": "2026-02-02T08:00:00Z" }),
            )
            .fails(&[(404, "no_archive"), (503, "archive_away")]),
    ]
}
