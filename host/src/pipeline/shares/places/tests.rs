use super::*;

const ONE: Party = Party::V4(1);
const OTHER: Party = Party::V4(2);
const ACCOUNT: Party = Party::Account(1);

/// How many of many requests of a party get a place.
fn flood(places: &mut Places, party: Party) -> usize {
    (0..10_000).filter(|_| places.take(party).is_ok()).count()
}

#[test]
fn one_party_has_everything_when_nobody_else_asks() {
    assert_eq!(flood(&mut Places::new(512, 50), ACCOUNT), 512);
    assert_eq!(flood(&mut Places::new(512, 50), ONE), 256);
    assert_eq!(flood(&mut Places::new(512, 0), ONE), 512);
    assert_eq!(flood(&mut Places::new(1, 50), ONE), 1);
    assert_eq!(flood(&mut Places::new(2, 50), ACCOUNT), 2);
}

#[test]
fn whoever_holds_few_gets_a_spare_place() {
    let mut places = Places::new(64, 50);
    assert_eq!(flood(&mut places, ONE), 32);
    assert_eq!(places.take(ONE), Err(Short::Unverified));
    assert_eq!(flood(&mut places, OTHER), 4);
    assert_eq!(flood(&mut places, ACCOUNT), 28);
    assert_eq!(places.take(ACCOUNT), Err(Short::Places));
    assert_eq!(flood(&mut places, Party::Account(2)), 8);
    // However many they are, there is an end.
    let all: usize = (10..1000).map(|number| flood(&mut places, Party::V4(number))).sum();
    assert!(all <= 16, "{all}");
}

#[test]
fn the_unverified_never_take_what_is_kept() {
    let mut places = Places::new(512, 50);
    let taken: usize = (0..1000).map(|number| flood(&mut places, Party::V4(number))).sum();
    assert_eq!(taken, 256 + 64);
    assert_eq!(flood(&mut places, ACCOUNT), 512 - taken);
}

#[test]
fn places_come_back() {
    let mut places = Places::new(8, 50);
    for _ in 0..100 {
        places.take(ONE).unwrap();
        places.give(ONE);
        places.take(ACCOUNT).unwrap();
        places.give(ACCOUNT);
    }
    assert_eq!((places.unverified, places.verified, places.held.len()), (0, 0, 0));
    places.give(ONE);
    assert_eq!(places.held_by(ONE), 0);
}
