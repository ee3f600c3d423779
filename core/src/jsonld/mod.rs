//! JSON-LD 1.1 to RDF, and RDF canonicalization (RDFC-1.0).
