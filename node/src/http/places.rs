//! Places for what is under way, some for all and fewer for one address.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// A number of places.
pub(super) struct Places {
    most: usize,
    most_per_address: usize,
    /// By whom each taken place is held; `None` is a program on the node's own machine, which may hold any number.
    taken: Mutex<Vec<Option<IpAddr>>>,
}

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
    /// So many for all and for one address, all free.
    pub(super) const fn new(most: usize, most_per_address: usize) -> Self {
        Self { most, most_per_address, taken: Mutex::new(Vec::new()) }
    }

    /// A place for the address `of`, as it counts for limits.
    pub(super) fn take(&self, of: Option<IpAddr>) -> Result<Place<'_>, Full> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.iter().filter(|held| of.is_some() && **held == of).count();
        if own >= self.most_per_address {
            return Err(Full::OfAddress);
        }
        if taken.len() >= self.most {
            return Err(Full::All);
        }
        taken.push(of);
        Ok(Place { places: self, of })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
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
        let places = Places::new(16, 2);
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
        let places = Places::new(16, 2);
        let mut held: Vec<Place<'_>> = (0..8).filter_map(|n| places.take(address(n / 2)).ok()).collect();
        held.extend((0..8).filter_map(|_| places.take(None).ok()));
        assert_eq!(held.len(), 16);
        assert_eq!(places.take(None).err(), Some(Full::All));
        assert_eq!(places.take(address(9)).err(), Some(Full::All));
        held.clear();
        assert_eq!((0..20).map_while(|_| places.take(None).ok().map(std::mem::forget)).count(), 16);
    }
}
