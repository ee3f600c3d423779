//! The canonical form by other libraries, to compare ours with.
