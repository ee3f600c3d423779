//! Badges in pictures: what always holds, pictures of others, and a node that gives out and reads them.

#[path = "bake/http.rs"]
mod http;
#[path = "bake/properties.rs"]
mod properties;
#[path = "bake/vectors.rs"]
mod vectors;
