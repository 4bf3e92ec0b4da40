//! Who gets a place, and who waits.

use super::*;

fn places(calls_max: usize) -> Arc<CallPlaces> {
    Arc::new(CallPlaces::new(PlaceBounds { calls_max, memory_bytes_max: 1000, queue_max: 8 }))
}

fn need(account: &str, function: &str, memory_bytes: u64) -> PlaceNeed {
    PlaceNeed {
        owners: PlaceOwners::of(&format!("arn:aws:lambda:us-east-1:{account}:function:{function}:7")),
        memory_bytes,
        calls_max: 1000,
        queue_max: 1000,
        queue_time_max: Duration::from_millis(20),
    }
}

/// Takes as many places as there are to have.
fn all(places: &Arc<CallPlaces>, need: &PlaceNeed) -> Vec<CallPlace> {
    std::iter::from_fn(|| places.try_enter(need)).take(1000).collect()
}

#[test]
fn owners_are_read_from_the_arn() {
    let version = PlaceOwners::of("arn:aws:lambda:us-east-1:000000000001:function:redact:7");
    let latest = PlaceOwners::of("arn:aws:lambda:us-east-1:000000000001:function:redact");
    assert_eq!(version, latest);
    assert_eq!(&*version.account, "000000000001");
    assert_eq!(&*PlaceOwners::of("tested").function, "tested");
    assert_eq!(&*PlaceOwners::of("tested").account, "");
}

#[test]
fn no_function_and_no_account_has_all_places() {
    let places = places(64);
    let hung = all(&places, &need("1", "hung", 1));
    assert_eq!(hung.len(), 32);
    let other = all(&places, &need("1", "other", 1));
    assert_eq!(other.len(), 16);
    // Three quarters are taken by the one account, and the next one still finds some.
    assert!(places.try_enter(&need("1", "third", 1)).is_none());
    assert_eq!(all(&places, &need("2", "good", 1)).len(), 8);
    assert_eq!(places.figures().used, 48);
    drop(hung);
    assert!(places.try_enter(&need("1", "third", 1)).is_some());
    drop(other);
    assert_eq!(places.figures(), PlaceFigures::default());
    assert!(places.lock().functions.is_empty() && places.lock().accounts.is_empty());
}

#[test]
fn the_last_place_is_for_who_has_none() {
    let one = places(1);
    let held = one.try_enter(&need("1", "a", 1)).unwrap();
    assert!(one.try_enter(&need("2", "b", 1)).is_none());
    drop(held);
    assert!(one.try_enter(&need("2", "b", 1)).is_some());
}

#[test]
fn memory_counts_with_its_limit() {
    let places = places(64);
    let large = all(&places, &need("1", "large", 250));
    assert_eq!(large.len(), 2);
    assert!(places.try_enter(&need("2", "larger", 501)).is_none());
    assert!(places.try_enter(&need("2", "small", 500)).is_some());
}

#[tokio::test]
async fn who_waits_is_served_in_turn_and_not_for_ever() {
    let places = places(2);
    let one = places.try_enter(&need("1", "a", 1)).unwrap();
    let patient = PlaceNeed { queue_time_max: Duration::from_secs(20), ..need("1", "a", 1) };
    let waiting = places.wait(&patient);
    let given = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(places.figures().waiting, 1);
        // It is behind the one that waits.
        assert!(places.try_enter(&need("1", "a", 1)).is_none());
        // Another function has its own place.
        let other = places.try_enter(&need("2", "b", 1)).unwrap();
        drop(one);
        other
    };
    let (waited, other) = tokio::join!(waiting, given);
    let held = waited.unwrap();
    assert!(places.wait(&need("1", "a", 1)).await.unwrap_err().contains("queue_ms_max = 20"));
    assert_eq!(places.figures().waiting, 0);
    drop((held, other));
    assert_eq!(places.figures(), PlaceFigures::default());
}

#[tokio::test]
async fn one_function_does_not_fill_the_queue() {
    let places = places(2);
    let held = all(&places, &need("1", "a", 1));
    let patient = PlaceNeed { queue_time_max: Duration::from_secs(20), ..need("1", "a", 1) };
    let mut waiters = Vec::new();
    for _ in 0..4 {
        waiters.push(places.join(&patient).unwrap());
    }
    let refused = places.join(&patient).unwrap_err();
    assert!(refused.contains("transforms.queue_max = 8"), "{refused}");
    assert!(places.join(&need("2", "b", 1)).is_ok());
    // Who has gone gives the place back.
    drop(waiters);
    drop(held);
    assert_eq!(places.figures().used, 0);
}

#[tokio::test]
async fn who_does_not_read_loses_the_place_to_one_that_needs_it() {
    let places = places(2);
    let held = places.try_enter(&need("1", "a", 1)).unwrap();
    let wall = Arc::new(WallClock::start());
    held.streams(&wall);
    assert!(places.join(&need("1", "a", 1)).is_ok());
    assert!(!wall.gives_way(), "its client reads");
    wall.pause_since(Duration::from_secs(6));
    let other = PlaceOwners::of("arn:aws:lambda:us-east-1:2:function:b");
    places.lock().end_stalled(PlaceLimit::Function, &other);
    assert!(!wall.gives_way(), "that would make no room");
    assert!(places.join(&need("1", "a", 1)).is_ok());
    assert!(wall.gives_way());
}
