//! Time stamps beside the volumes: whose they are, and what the check says of them.

use bytes::Bytes;
use sluis_archive::{
    StampError, Store, check_stamp, nonce_of, stamp_imprint, stamp_request, verify,
};

use super::authority::{AT, answer, stamp};
use super::world::filled;

const NONCE: [u8; 8] = [0x40, 0, 0, 0, 0, 0, 0, 1];

fn faults(store: &Store) -> (Vec<String>, Vec<(u64, i64)>) {
    let report = verify(store, None, &mut |_, _| ()).unwrap();
    let faults = report.faults.iter();
    let faults = faults.map(|fault| format!("{}: {}", fault.place, fault.what));
    (faults.collect(), report.stamps)
}

#[test]
fn an_answer_is_held_against_the_request() {
    let (imprint, nonce) = (stamp_imprint(b"a manifest"), nonce_of(7));
    let answer = answer(&stamp_request(&imprint, nonce));
    let stamp = check_stamp(&answer, &imprint, Some(nonce)).unwrap();
    assert_eq!((stamp.at, stamp.serial.as_str()), (AT, "019f"));
    let other = stamp_imprint(b"another one");
    let error = check_stamp(&answer, &other, Some(nonce));
    assert_eq!(error, Err(StampError::OtherImprint));
    let error = check_stamp(&answer, &imprint, Some(nonce_of(8)));
    assert_eq!(error, Err(StampError::OtherNonce));
    // However it is cut, it is not taken for a stamp.
    for end in 0..answer.len() {
        let cut = check_stamp(&answer[..end], &imprint, Some(nonce));
        assert!(cut.is_err(), "{end}");
    }
}

#[test]
fn the_check_says_which_volumes_are_stamped_and_when() {
    let store = Store::memory();
    let archive = filled(&store, 2, 3);
    let tip = archive.tip();
    let imprint = archive.unstamped(tip).unwrap().expect("it has none yet");
    assert_eq!(faults(&store), (Vec::new(), Vec::new()));
    let answer = Bytes::from(stamp(&imprint, &NONCE));
    assert!(archive.keep_stamp(tip.volume, answer.clone()).unwrap());
    assert!(!archive.keep_stamp(tip.volume, answer).unwrap(), "once");
    assert_eq!(archive.unstamped(tip).unwrap(), None);
    assert_eq!(faults(&store), (Vec::new(), vec![(2, AT)]));
}

#[test]
fn the_stamp_of_another_volume_and_what_is_no_stamp_are_named() {
    let other = stamp(&stamp_imprint(b"another manifest"), &NONCE);
    for (bytes, why) in [
        (other, "the time stamp of something else"),
        (b"<html>".to_vec(), "no time stamp"),
    ] {
        let store = Store::memory();
        let archive = filled(&store, 2, 3);
        archive.keep_stamp(1, bytes.into()).unwrap();
        let (faults, stamps) = faults(&store);
        assert!(
            faults.len() == 1 && faults[0].starts_with("volumes/0000000001/stamp.tsr: "),
            "{faults:?}"
        );
        assert!(faults[0].contains(why), "{faults:?}");
        assert_eq!(stamps, []);
    }
}
