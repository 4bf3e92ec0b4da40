use super::*;

const LONG: u64 = 1 << 20;
const ONE: Party = Party::V4(1);

fn fill(room: &Room, party: Party) -> Vec<Taken<'_>> {
    std::iter::from_fn(|| room.take(party, None, LONG)).take(1000).collect()
}

#[test]
fn long_bodies_take_room_and_short_ones_do_not() {
    let room = Room::new(64 << 20);
    let held = fill(&room, ONE);
    assert_eq!(held.len(), 32);
    assert!(room.take(ONE, Some(LONG), LONG).is_none());
    // Who announces more than is taken is refused while it is read; until then it takes as much
    // as that.
    assert!(room.take(ONE, Some(u64::MAX), LONG).is_none());
    assert!(room.take(ONE, Some(SHORT_BYTES_MAX), LONG).is_some());
    assert!(room.take(ONE, Some(0), LONG).is_some());
    drop(held);
    assert!(room.take(ONE, Some(SHORT_BYTES_MAX + 1), LONG).is_some());
    assert!(room.take(ONE, None, u64::MAX).is_none(), "there is never so much");
    assert!(room.held.lock().unwrap().parties.is_empty());
}

#[test]
fn whoever_holds_little_gets_in_beside_who_holds_all() {
    let room = Room::new(64 << 20);
    let _all = fill(&room, ONE);
    assert_eq!(fill(&room, Party::V4(2)).len(), 4);
    let verified = fill(&room, Party::Account(1));
    assert_eq!(verified.len(), 32);
    assert_eq!(fill(&room, Party::Account(2)).len(), 8);
    drop(verified);
    assert_eq!(fill(&room, Party::Account(3)).len(), 32);
}
