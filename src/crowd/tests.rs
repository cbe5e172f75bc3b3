//! Who goes when a port is full, and when each kind of silence ends. Time is the test's.

use futures::FutureExt as _;

use super::*;

const A: [u8; 4] = [10, 0, 0, 1];
const B: [u8; 4] = [10, 0, 0, 2];
const LIMITS: Limits = Limits {
    idle: Duration::from_secs(20),
    stalled: Duration::from_secs(60),
    answer: Duration::from_secs(300),
};

fn crowd(all: usize, per_peer: usize, per_corporation: usize) -> Arc<Crowd> {
    Crowd::new(Bounds {
        all,
        per_peer,
        per_corporation,
    })
}

fn join(crowd: &Arc<Crowd>, peer: [u8; 4]) -> Place {
    crowd.join(peer.into()).expect("there is room")
}

fn at(crowd: &Crowd, seconds: u64) {
    crowd.now.store(seconds * 1_000, Ordering::Relaxed);
}

/// The instant, as the timers see it.
async fn now() -> Instant {
    interval(Duration::from_secs(1)).tick().await
}

fn cut(place: &Place) -> bool {
    place.life.live(std::future::ready(())).now_or_never() == Some(None)
}

#[test]
fn the_longest_silent_goes_in_favour_of_a_new_one() {
    let crowd = crowd(3, 9, 9);
    let places: Vec<Place> = (0..3)
        .map(|second| {
            at(&crowd, second);
            join(&crowd, A)
        })
        .collect();
    at(&crowd, 5);
    places[0].life.moves();
    let new = join(&crowd, B);
    assert_eq!(
        places.iter().chain([&new]).map(cut).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    assert_eq!(crowd.len(), 3);
    drop((places, new));
    assert_eq!(crowd.len(), 0);
}

#[test]
fn who_waits_for_us_or_showed_a_key_stays_before_a_stranger() {
    let crowd = crowd(3, 9, 9);
    let (busy, known) = (join(&crowd, A), join(&crowd, A));
    let _asked = busy.life.ask();
    assert!(known.belongs_to(CorporationId(7)));
    at(&crowd, 5);
    let stranger = join(&crowd, A);
    let second = join(&crowd, B);
    assert_eq!([&busy, &known, &stranger].map(cut), [false, false, true]);
    let asked = second.life.ask();
    let third = join(&crowd, B);
    assert!(cut(&known), "no stranger is left");
    let _also = third.life.ask();
    assert!(crowd.join(B.into()).is_none(), "each of them waits for us");
    asked.answered();
    assert!(crowd.join(B.into()).is_some(), "now one waits for its peer");
}

#[test]
fn half_a_body_goes_before_whoever_came_a_moment_ago() {
    let crowd = crowd(3, 9, 9);
    let halves = [join(&crowd, A), join(&crowd, A)];
    let _asked = halves
        .iter()
        .map(|place| place.life.ask())
        .collect::<Vec<_>>();
    halves.iter().for_each(|place| {
        assert!(place.belongs_to(CorporationId(7)));
        place.life.wants();
    });
    at(&crowd, 1);
    let health = join(&crowd, B);
    let _next = [join(&crowd, A), join(&crowd, A)];
    assert_eq!(
        [&halves[0], &halves[1], &health].map(cut),
        [true, true, false]
    );
}

#[test]
fn a_peer_that_has_its_part_makes_room_for_itself_alone() {
    let crowd = crowd(9, 2, 9);
    let other = join(&crowd, B);
    let (first, second) = (join(&crowd, A), join(&crowd, A));
    let third = join(&crowd, A);
    assert_eq!(
        [&other, &first, &second, &third].map(cut),
        [false, true, false, false]
    );
    let _asked = [&second, &third].map(|place| place.life.ask());
    assert!(crowd.join(A.into()).is_none());
    assert!(crowd.join(B.into()).is_some());
    assert_eq!(
        Peer::of("2001:db8::1".parse().unwrap()),
        Peer::of("2001:db8::2:3".parse().unwrap()),
        "one network"
    );
    assert_eq!(
        Peer::of("::ffff:10.0.0.1".parse().unwrap()),
        Peer::of(A.into())
    );
}

#[test]
fn a_corporation_has_its_part_whatever_peers_it_comes_from() {
    let crowd = crowd(9, 9, 2);
    let corporation = CorporationId(1);
    let places = [A, B, A].map(|peer| join(&crowd, peer));
    assert!(
        places[0].belongs_to(corporation)
            && places[0].belongs_to(corporation)
            && places[1].belongs_to(corporation)
    );
    let asked = places[..2]
        .iter()
        .map(|place| place.life.ask())
        .collect::<Vec<_>>();
    assert!(!places[2].belongs_to(corporation), "two work for it");
    assert!(
        places[2].belongs_to(CorporationId(2)),
        "another one has its own"
    );
    drop(asked);
    assert!(places[2].belongs_to(corporation));
    assert_eq!(places.iter().filter(|place| cut(place)).count(), 1);
}

#[test]
fn each_kind_of_silence_has_its_end_and_work_has_none() {
    let crowd = crowd(9, 9, 9);
    let ends = |prepare: &dyn Fn(&Arc<Life>) -> Option<Asked>| {
        at(&crowd, 0);
        let place = join(&crowd, A);
        let _asked = prepare(&place.life);
        (1..400).find(|second| {
            at(&crowd, *second);
            match place.life.judge(second * 1_000, LIMITS) {
                Verdict::Stay => {}
                Verdict::Finish => place.life.order(Order::Finish),
                Verdict::Cut => place.life.order(Order::Cut),
            }
            cut(&place)
        })
    };
    assert_eq!(
        ends(&|_| None),
        Some(21),
        "no request: told to end, and cut"
    );
    assert_eq!(ends(&|life| Some(life.ask())), None, "it waits for us");
    let half = |life: &Arc<Life>| {
        let asked = life.ask();
        life.wants();
        Some(asked)
    };
    assert_eq!(ends(&half), Some(60), "half a body");
    let unread = |life: &Arc<Life>| {
        let asked = life.ask();
        asked.answered();
        Some(asked)
    };
    assert_eq!(ends(&unread), Some(60), "an answer that nobody takes");
    assert_eq!(
        ends(&|life| {
            drop(life.ask());
            None
        }),
        Some(21),
        "between two requests"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_for_requests_and_for_nothing_else() {
    let crowd = crowd(9, 9, 9);
    let (idle, busy) = (join(&crowd, A), join(&crowd, A));
    let asked = busy.life.ask();
    let live = |place: Place| {
        tokio::spawn(async move {
            place
                .life
                .clone()
                .live(std::future::pending::<()>())
                .await
                .is_none()
        })
    };
    let (idle, busy) = (live(idle), live(busy));
    let began = now().await;
    let ended = tokio::spawn({
        let crowd = crowd.clone();
        async move { crowd.end(Duration::from_secs(15)).await }
    });
    assert!(idle.await.unwrap());
    assert!(now().await - began < FAREWELL * 2);
    assert_eq!(
        ended.await.unwrap(),
        1,
        "one was still at work when the grace was over"
    );
    assert_eq!((now().await - began).as_secs(), 15);
    assert!(busy.await.unwrap());
    drop(asked);
}

#[tokio::test(start_paused = true)]
async fn one_watch_ends_all_that_are_silent() {
    let crowd = crowd(10_000, 10_000, 9);
    let watched = crowd.clone();
    tokio::spawn(async move { watched.watch(LIMITS, &CancellationToken::new()).await });
    let live = |place: Place| {
        tokio::spawn(async move { place.life.clone().live(std::future::pending::<()>()).await })
    };
    let tasks: Vec<_> = (0..5_000).map(|_| live(join(&crowd, A))).collect();
    let began = now().await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), None);
    }
    let passed = now().await - began;
    assert!(
        passed <= LIMITS.idle + FAREWELL + LONGEST_LOOK * 3,
        "{passed:?}"
    );
    assert_eq!(crowd.len(), 0);
}
