//! The places for large bodies, few for all and fewer for one address.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Most large bodies that are held at once, so that they can't fill the memory.
const MAX_PLACES: usize = 16;
/// Most of them for one address, so that a few slow senders can't keep everybody else out.
const MAX_PLACES_PER_ADDRESS: usize = 2;

/// By whom each taken place is held; `None` is a program on the node's own machine, which may hold any number.
pub(super) struct Places(Mutex<Vec<Option<IpAddr>>>);

/// One place, until it is dropped.
pub(super) struct Place<'a> {
    places: &'a Places,
    of: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All are taken.
    All,
    /// This address has as many as one may have.
    OfAddress,
}

impl Places {
    /// All free.
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// A place for a body from the address `of`, as it counts for limits.
    pub(super) fn take(&self, of: Option<IpAddr>) -> Result<Place<'_>, Full> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.iter().filter(|held| of.is_some() && **held == of).count();
        if own >= MAX_PLACES_PER_ADDRESS {
            return Err(Full::OfAddress);
        }
        if taken.len() >= MAX_PLACES {
            return Err(Full::All);
        }
        taken.push(of);
        Ok(Place { places: self, of })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = taken.iter().position(|held| *held == self.of) {
            taken.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    #[test]
    fn one_address_has_two_places_and_gets_back_what_it_frees() {
        let places = Places::new();
        let first = places.take(address(1)).map_err(|_| "full").expect("one");
        let _second = places.take(address(1)).map_err(|_| "full").expect("two");
        assert_eq!(places.take(address(1)).err(), Some(Full::OfAddress));
        let other = places.take(address(2)).map_err(|_| "full").expect("of another address");
        drop(other);
        assert_eq!(places.take(address(1)).err(), Some(Full::OfAddress), "another's is not its own");
        drop(first);
        assert!(places.take(address(1)).is_ok());
    }

    #[test]
    fn all_have_sixteen_together_and_the_own_machine_as_many_as_are_free() {
        let places = Places::new();
        let mut held: Vec<Place<'_>> = (0..8).filter_map(|n| places.take(address(n / 2)).ok()).collect();
        held.extend((0..8).filter_map(|_| places.take(None).ok()));
        assert_eq!(held.len(), 16);
        assert_eq!(places.take(None).err(), Some(Full::All));
        assert_eq!(places.take(address(9)).err(), Some(Full::All));
        held.clear();
        assert_eq!((0..20).map_while(|_| places.take(None).ok().map(std::mem::forget)).count(), 16);
    }
}
