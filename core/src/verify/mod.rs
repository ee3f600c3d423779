//! What a credential needs to be checked, and the check itself.
