//! How many fetches are under way to one address: many names may lead to one machine.

use super::MAX_FETCHES_PER_ADDRESS;
use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The fetches under way, by address.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place at an address, until it is dropped.
#[derive(Debug)]
struct Place {
    crowd: Crowd,
    at: IpAddr,
}

thread_local! {
    /// The places that the fetch on this thread holds. The client looks names up in the middle of a fetch, on the
    /// thread of the fetch, and has no way to hand anything from there to its end.
    static HELD: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// Gives back all places of this thread's fetch when it is dropped.
pub(super) struct Held(());

impl Held {
    /// At the beginning of a fetch.
    pub(super) fn begin() -> Self {
        HELD.with_borrow_mut(Vec::clear);
        Self(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.with_borrow_mut(Vec::clear);
    }
}

impl Crowd {
    /// Takes a place at an address for this thread's fetch, if one is free.
    pub(super) fn join(&self, address: IpAddr) -> bool {
        let at = counted(address);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = crowd.entry(at).or_default();
        if *taken >= MAX_FETCHES_PER_ADDRESS {
            return false;
        }
        *taken += 1;
        let place = Place { crowd: self.clone(), at };
        drop(crowd);
        HELD.with_borrow_mut(|held| held.push(place));
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = crowd.get_mut(&self.at) {
            *taken -= 1;
            if *taken == 0 {
                crowd.remove(&self.at);
            }
        }
    }
}

/// What counts as one address: of IPv6 the first 64 bits, which one customer has to himself.
fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn one_address_has_so_many_places_and_gets_them_back() {
        let crowd = Crowd::default();
        let held = Held::begin();
        for _ in 0..MAX_FETCHES_PER_ADDRESS {
            assert!(crowd.join(at("192.0.2.1")));
        }
        assert!(!crowd.join(at("192.0.2.1")));
        assert!(crowd.join(at("192.0.2.2")), "another has its own");
        drop(held);
        assert!(crowd.0.lock().expect("lock").is_empty(), "nothing stays behind");
        let _held = Held::begin();
        assert!(crowd.join(at("192.0.2.1")));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let (crowd, _held) = (Crowd::default(), Held::begin());
        for number in 0..MAX_FETCHES_PER_ADDRESS {
            assert!(crowd.join(at(&format!("2606:4700::{number:x}"))));
        }
        assert!(!crowd.join(at("2606:4700::ffff:0:0:1")));
        assert!(crowd.join(at("2606:4700:0:1::1")));
    }

    #[test]
    fn places_of_other_threads_count_and_are_given_back_by_them() {
        let crowd = Crowd::default();
        std::thread::scope(|scope| {
            for _ in 0..MAX_FETCHES_PER_ADDRESS {
                let other = scope.spawn(|| {
                    let _held = Held::begin();
                    crowd.join(at("192.0.2.1"))
                });
                assert!(other.join().expect("ends"));
            }
        });
        assert!(crowd.0.lock().expect("lock").is_empty());
    }
}
