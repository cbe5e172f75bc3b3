//! The demo on a part of its files: it comes to an end, and its books balance. A run that did
//! nothing fails.

use sluis_demo::{Files, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_demo_ends_with_balanced_books() {
    let files = Files::of_seed(sluis_loadtest::demo::SEED)
        .unwrap()
        .reduced(150, 60);
    let mut told = 0;
    let report = run(files, &mut |_| told += 1).await.unwrap();
    let wrong: Vec<_> = report
        .checks
        .iter()
        .filter(|check| !check.is_good())
        .collect();
    assert!(report.is_balanced(), "{wrong:#?}");
    let tally = report.tally;
    assert!(
        tally.accepted > 120
            && tally.mails > 20
            && tally.texts > 5
            && tally.paid > 10
            && tally.people > 5,
        "{tally:?}"
    );
    assert!(tally.bounced > 0 && told > 100, "{tally:?}, {told} steps");
}
