//! `bench oracle`: our canonical form against oxjsonld + oxrdf on generated badges.
