//! How much an archived mail costs.

use sluis_archive::Store;

use super::world::filled;

#[test]
fn ten_thousand_bulk_mails_cost_little_more_than_their_differences() {
    let archive = filled(&Store::memory(), 1, 10_000);
    let volume = &archive.volumes()[0];
    let blocks: u64 = volume.segments.iter().map(|segment| segment.length).sum();
    let index = volume.index.rows * 8;
    let each = (blocks + index) / 10_000;
    assert!(
        each < 200,
        "{each} bytes a mail with two records: blocks {blocks}, index {index}"
    );
}
